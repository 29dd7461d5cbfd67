"""Labelled texts in memory."""

import hashlib
import itertools
import numbers
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from kbert.data.reading.columns import Columns
from kbert.data.reading.dev_split import split_by_row, split_by_text
from kbert.data.reading.fold_split import checked_folds, fold_numbers
from kbert.data.reading.many_texts import rows_of
from kbert.data.reading.row_groups import checked_groups
from kbert.data.reading.row_times import checked_times
from kbert.data.reading.row_weights import checked_weights
from kbert.data.reading.rows import BadRow
from kbert.data.reading.source_file import SourceFile
from kbert.data.reading.split_units import SplitUnits
from kbert.data.reading.time_split import split_by_time
from kbert.errors import InputError
from kbert.findings import Cure, Message, Option, Text, worded
from kbert.targets.labels import Labels
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.utils.equal_texts import bare_pair, bare_text
from kbert.utils.wording import count_noun

_ONE_CLASS = Single()


@dataclass(frozen=True)
class Examples:
    """Texts, or text pairs, with their labels, as `read_examples` returns them.

    Args:
        texts: sequence of str.
        pairs: sequence of str, the second texts, or None.
        label_ids: int32 array [rows], or None when there are no labels.
        labels: Labels or None.
        source: str or Message. Where the texts came from: a file, or the pattern of several.
        columns: Columns or None. The columns of the source that were used.
        weights: float array [rows], 0 or more: how much each row counts in the loss and in the
            scores. Defaults to None: all count the same.
        groups: array [rows] of whole numbers or names, or None: rows of the same group stay on one
            side of a split. Kept as int64 keys. Defaults to None.
        times: array [rows] of numbers or dates, or None: a split sets the latest rows aside. Kept
            as float64 or datetime64[us]. Defaults to None.
        rows: int array [rows], the row numbers in the source, counted from 1, or None. With several
            files, the numbers continue from one file to the next.
        skipped: the rows left out under `on_bad_row="skip"`.
        usable: int or None. How many usable rows were read besides the skipped ones; these rows may
            be only a part of them. Defaults to None: the number of these rows.
        encoding: str. The encoding that the texts were decoded with. Defaults to "utf-8".
        files: tuple of SourceFile, the files that the pattern matched. Defaults to (): `source` is
            a single source.

    Raises:
        InputError: `label_ids` is not one integer per text, a number is not that of a label, or
            `targets`, `weights`, `groups` or `times` do not fit the texts.
    """

    texts: Sequence[str]
    pairs: Sequence[str] | None = None
    label_ids: np.ndarray | None = None
    labels: Labels | None = None
    source: Text = "memory"
    columns: Columns | None = None
    rows: np.ndarray | None = None
    skipped: tuple[BadRow, ...] = field(default=(), repr=False)
    encoding: str = "utf-8"
    files: tuple[SourceFile, ...] = field(default=(), repr=False)
    weights: np.ndarray | None = None
    targets: np.ndarray | None = None
    target: Target = _ONE_CLASS
    groups: np.ndarray | None = None
    times: np.ndarray | None = None
    usable: int | None = None

    def __post_init__(self) -> None:
        if self.weights is not None:
            object.__setattr__(self, "weights", checked_weights(self.weights, len(self.texts)))
        if self.targets is not None:
            object.__setattr__(self, "targets", self._checked_targets())
        if self.groups is not None:
            object.__setattr__(self, "groups", checked_groups(self.groups, len(self.texts)))
        if self.times is not None:
            object.__setattr__(self, "times", checked_times(self.times, len(self.texts)))
        if self.label_ids is None or len(self.texts) == 0:
            return
        ids = np.asarray(self.label_ids)
        if ids.shape != (len(self.texts),) or ids.dtype.kind not in "iu":
            raise InputError(
                "{option} must be {rows} integers, one per text. Received: shape {shape}, dtype "
                "{dtype}",
                option=Option("label_ids"),
                rows=len(self.texts),
                shape=list(ids.shape),
                dtype=ids.dtype,
            )
        object.__setattr__(self, "label_ids", ids)  # a list cannot be indexed by an array of rows
        classes = np.inf if self.labels is None else len(self.labels)
        outside = (ids < 0) | (ids >= classes)
        if outside.any():
            row = int(outside.argmax())
            raise InputError(
                "{option} must be at least 0 and below the number of labels. Received: {value} in "
                "row {row:,}, {count:,} such rows in all.",
                option=Option("label_ids"),
                value=int(ids[row]),
                row=row,
                count=int(outside.sum()),
                cure=Cure(note="leave out rows without a label"),
            )

    def _checked_targets(self) -> np.ndarray:
        found = np.asarray(self.targets)
        width = None if self.labels is None else len(self.labels)
        if self.target.takes_names or found.ndim != 2 or found.shape != (len(self.texts), width):
            raise InputError(
                "{option} must be an array [{rows}, {width}] of a target other than one class. "
                "Received: {kind}, shape {shape}",
                option=Option("targets"),
                rows=len(self.texts),
                width=Message("labels") if width is None else width,
                kind=self.target.kind,
                shape=list(found.shape),
            )
        return found

    @property
    def y(self) -> np.ndarray | None:
        """The training targets: `label_ids` or `targets`; None without labels."""
        return self.label_ids if self.targets is None else self.targets

    @property
    def class_ids(self) -> np.ndarray | None:
        """The class of each row; None if rows do not have one class each.

        For probabilities, it is the likeliest class.
        """
        return None if self.y is None else self.target.class_ids(self.y)

    @property
    def strata(self) -> np.ndarray:
        """The stratum of each row, an int array [rows]: each set of a split gets its share of each.

        Raises:
            InputError: there are no labels.
        """
        if self.y is None:
            raise InputError(
                "{source} has no labels, so it cannot be split by class.", source=self.source
            )
        return self.target.strata(self.y)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def rows_read(self) -> int:
        """The number of rows that were read, including the bad ones that were left out."""
        return (self.usable or len(self)) + len(self.skipped)

    def __str__(self) -> str:
        of = worded(" of {files}", files=count_noun(len(self.files), "file")) if self.files else ""
        parts = [worded("{source}: {rows:,} rows{of}", source=self.source, rows=len(self), of=of)]
        if self.columns is not None:
            parts.append(str(self.columns))
        if self.labels is not None and self.y is not None:
            parts.append(self.target.describe(self.y, self.labels.names))
        if self.skipped:
            parts.append(
                worded("{bad_rows} left out", bad_rows=count_noun(len(self.skipped), "bad row"))
            )
        return worded("; ").join(parts)

    def class_counts(self) -> dict[str, int]:
        """Return the rows per class or label, the largest first; {} without labels."""
        if self.labels is None or self.y is None:
            return {}
        counts = self.target.counts(self.y, len(self.labels))
        if counts is None:
            return {}
        largest = np.argsort(-counts, kind="stable")
        return {self.labels.names[i]: int(counts[i]) for i in largest}

    def file_and_row(self, number: int) -> tuple[Text, int]:
        """Return the file of a row, and its row number there, given its number in `rows`."""
        if not self.files:
            return self.source, number
        at = bisect_left(self.files, number, key=lambda file: file.before) - 1
        return self.files[at].name, number - self.files[at].before

    def place(self, number: int) -> Message:
        """Return "row 1,234" for a number in `rows`; with several files, "row 34 of part-2.csv"."""
        name, row = self.file_and_row(number)
        shown = Message("row {number:,}", number=row)
        return Message("{row} of {file}", row=shown, file=name) if self.files else shown

    def number(self, at: int) -> int:
        """Return the number in `rows` of the row at a position."""
        return at + 1 if self.rows is None else int(self.rows[at])

    def take(self, indices: np.ndarray) -> "Examples":
        """Return the rows at `indices`, in that order."""
        return replace(
            self,
            texts=rows_of(self.texts, indices),
            pairs=None if self.pairs is None else rows_of(self.pairs, indices),
            label_ids=None if self.label_ids is None else self.label_ids[indices],
            targets=None if self.targets is None else self.targets[indices],
            rows=None if self.rows is None else self.rows[indices],
            weights=None if self.weights is None else self.weights[indices],
            groups=None if self.groups is None else self.groups[indices],
            times=None if self.times is None else self.times[indices],
            skipped=(),
            usable=None,
        )

    def split(self, dev: float = 0.1, seed: int = 0) -> tuple["Examples", "Examples"]:
        """Return a training and a development set, split in proportion within each class.

        Equal texts (or pairs, as a whole) stay together; texts that differ only in letter case,
        blanks or Unicode form count as equal. If there are groups, rows of the same group stay
        together too. Of a class with n rows, round(n * dev) go to the development set, or as close
        to that as equal texts and groups allow, but at least one text goes to each set; a class
        with a single text goes to the training set. The rows keep their order, and which texts are
        set aside does not depend on it.

        Rows with times are split by time instead: the latest rows are the development set, and
        rows of the same time stay together. Equal texts, and the rows of a group, count with the
        earliest of their times.

        Args:
            dev: float. The share of rows in the development set. Defaults to 0.1.
            seed: int. The split depends only on the rows and the seed; a split by time does not
                use the seed. Defaults to 0.

        Raises:
            KbertError: there are no labels, or fewer than two classes with two texts.
        """
        strata, units = self.strata, self._units(seed)
        if self.times is not None:
            return self.divide(split_by_time(units, self.times, _share(dev), self.source))
        return self.divide(split_by_text(units, strata, _share(dev)))

    def folds(self, folds: int, seed: int = 0) -> list[tuple["Examples", "Examples"]]:
        """Return the training and the development set of each fold of a cross-validation.

        Each row is in the development set of one fold. The classes have nearly the same shares in
        all folds. Equal texts, and the rows of a group, are in the same fold. Times have no effect.

        Args:
            folds: int, 2 or more. The number of folds.
            seed: int. The folds depend only on the rows and the seed. Defaults to 0.

        Raises:
            KbertError: there are no labels, or fewer different texts than folds.

        Example:

        ```python
        whole = Examples(["a", "b", "c", "d"], label_ids=[0, 1, 0, 1], labels=Labels(("x", "y")))
        assert [len(dev) for _, dev in whole.folds(2)] == [2, 2]
        ```
        """
        strata, units = self.strata, self._units(seed)
        numbers = fold_numbers(units, strata, checked_folds(folds, units))
        return [self.divide(numbers == fold) for fold in range(folds)]

    def split_as_in_0_1(self, dev: float, seed: int) -> tuple["Examples", "Examples"]:
        """Return the sets of a run of kbert 0.1, which did not keep equal texts together."""
        return self.divide(split_by_row(self.strata, _share(dev), seed))

    def _units(self, seed: int) -> SplitUnits:
        """Return which rows stay on one side of a split."""
        return SplitUnits.find(self.bare_texts(), seed, self.groups)

    def bare_texts(self) -> Iterator[str]:
        """Yield each row's text, or pair, in a form that is the same for equal ones."""
        if self.pairs is None:
            return map(bare_text, self.texts)
        return map(bare_pair, self.texts, self.pairs)

    def divide(self, in_dev: np.ndarray) -> tuple["Examples", "Examples"]:
        """Return the rows of a training and a development set, given which are in the latter."""
        assert self.labels is not None
        kinds = 1 if self.label_ids is None else 2
        if len(np.unique(self.strata[in_dev])) < kinds or in_dev.all():
            raise InputError(
                "{source}: a development set needs at least two classes with two different texts. "
                "Received: {rows} of {classes}.",
                source=self.source,
                rows=count_noun(len(self), "row"),
                classes=count_noun(len(self.labels), "class", "classes"),
                cure=Cure(
                    {"label": "NAME"},
                    note="if another column holds the labels",
                    otherwise=(Cure({"dev": "FILE"}), Cure(note="add rows")),
                ),
            )
        training = self.take(np.flatnonzero(~in_dev))
        training = replace(training, skipped=self.skipped, usable=self.usable or len(self))
        return training, self.take(np.flatnonzero(in_dev))

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of texts, pairs, labels and weights, the same for the same data."""
        digest = hashlib.sha256()
        names = self.labels.names if self.labels is not None else ()
        pairs = itertools.repeat("") if self.pairs is None else self.pairs
        for row, (text, pair) in enumerate(zip(self.texts, pairs, strict=False)):
            label = "" if self.label_ids is None else names[self.label_ids[row]]
            for part in (text, pair, label):
                data = part.encode("utf-8", "surrogatepass")
                digest.update(len(data).to_bytes(8, "little"))
                digest.update(data)
        for array in (self.targets, self.weights):
            if array is not None:
                digest.update(array.tobytes())
        return digest.hexdigest()


def check_examples(given: Any) -> None:
    """Raise InputError for data that `read_examples` has not read yet."""
    if not isinstance(given, Examples):
        raise InputError(
            "Examples were expected. Received: {kind}.",
            kind=type(given).__name__,
            cure=Cure(code="kbert.read_examples(...)", note="which takes files and data frames"),
        )


def _share(dev: float) -> float:
    if isinstance(dev, bool) or not isinstance(dev, numbers.Real) or not 0 < dev < 1:
        raise InputError(
            "{option} must be between 0 and 1. Received: {dev!r}", option=Option("dev"), dev=dev
        )
    return dev
