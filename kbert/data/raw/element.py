"""The rows in the x and y of `fit`, or in an element of a data set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.data.reading.columns import choose_columns, listed_columns
from kbert.data.reading.rows import Table
from kbert.errors import InputError
from kbert.findings import Cure, Joined
from kbert.utils.cell_values import describe

_READ = Cure(
    note="name the columns text and label, or text_a, text_b and label",
    otherwise=(
        Cure(code='fit(kbert.read_examples(data, text="NAME", label="NAME", labels=model.labels))'),
    ),
)

ClassNames = Mapping[str, Sequence[str]]  # by column, where its numbers are not the model's


@dataclass(frozen=True)
class Element:
    """Some rows: their texts, the second texts of pairs, labels and weights, as they were given.

    Args:
        texts: list.
        pairs: list or None.
        labels: list or None.
        weights: list or None.
        is_row: bool. Whether it was a single row, not a batch. Defaults to False.
    """

    texts: list[Any]
    pairs: list[Any] | None = None
    labels: list[Any] | None = None
    weights: list[Any] | None = None
    is_row: bool = False

    def __post_init__(self) -> None:
        lengths = {
            name: len(part)
            for name in ("texts", "pairs", "labels", "weights")
            if (part := getattr(self, name)) is not None
        }
        if len(set(lengths.values())) > 1:
            given = [f"{count:,} {name}" for name, count in lengths.items()]
            raise InputError(
                "There must be the same number of each. Received: {given}", given=Joined(given)
            )

    def __len__(self) -> int:
        return len(self.texts)

    @classmethod
    def from_arrays(cls, x: Any, y: Any = None, weights: Any = None) -> "Element":
        """Return the rows of texts in memory.

        Args:
            x: texts, or a tuple (texts, second texts).
            y: labels, or None.
            weights: the weights of the rows, or None.

        Raises:
            InputError: x has another form, or the numbers of rows differ.
        """
        given, pairs = x if _is_pair(x) else (x, None)
        texts = _column("texts", given)
        if texts and isinstance(texts[0], tuple | list):
            raise InputError(
                "Each of the texts must be a string. Received: {name} ({shown})",
                name=describe(texts[0]).name,
                shown=describe(texts[0]).shown,
                cure=Cure(code="(texts, second_texts)", note="a tuple of two lists for pairs"),
            )
        return cls(
            texts,
            None if pairs is None else _column("second texts", pairs),
            None if y is None else _column("labels", y),
            None if weights is None else _column("weights", weights),
        )

    @classmethod
    def from_element(cls, given: Any, class_names: ClassNames | None = None) -> "Element":
        """Return the rows of an element of a data set: a row, or a batch of rows.

        Args:
            given: x, (x, y) or (x, y, weights), where x is a text, a tuple of two, or a dict; or
                a dict of texts and labels by common names.
            class_names: dict. By column, the names of the classes whose numbers it has. Defaults to
                None: numbers are those of the model's classes.

        Raises:
            InputError: it has another form.
        """
        x, y, weights = given, None, None
        if isinstance(given, tuple) or (isinstance(given, list) and not _is_texts(given)):
            x, y, weights, *more = (*given, None, None, None)[: max(len(given), 3)]
            if more:
                raise InputError(
                    "An element of a data set must be x, (x, y) or (x, y, weights). Received: "
                    "{count} parts",
                    count=len(given),
                )
        if isinstance(x, Mapping):
            x, found = _of_columns(x, class_names or {})
            y = found if y is None else y
        elif isinstance(x, tuple | list) and len(x) == 2 and _is_pair_of(x, y):
            x = tuple(x)
        else:
            x = (x, None)
        texts, pairs = x
        if _is_several(texts):
            return cls.from_arrays(texts if pairs is None else (texts, pairs), y, weights)
        pairs, y, weights = (None if part is None else [part] for part in (pairs, y, weights))
        return cls([texts], pairs, y, weights, is_row=True)

    @classmethod
    def joined(cls, parts: Sequence["Element"]) -> "Element":
        """Return the rows of several elements."""
        return cls(
            [text for part in parts for text in part.texts],
            _joined([part.pairs for part in parts]),
            _joined([part.labels for part in parts]),
            _joined([part.weights for part in parts]),
        )

    def first(self, rows: int) -> "Element":
        """Return the first rows."""
        return Element(
            self.texts[:rows],
            None if self.pairs is None else self.pairs[:rows],
            None if self.labels is None else self.labels[:rows],
            None if self.weights is None else self.weights[:rows],
        )


def _joined(columns: Sequence[list[Any] | None]) -> list[Any] | None:
    known = [column for column in columns if column is not None]
    return [row for column in known for row in column] if known else None


def _of_columns(columns: Mapping[Any, Any], class_names: ClassNames) -> tuple[tuple[Any, Any], Any]:
    """Return the texts, with the second texts or None, and the labels from named columns."""
    names = [str(name) for name in columns]
    values = list(columns.values())
    try:
        found = choose_columns(Table("data set", names, iter(())), need_label=False)
    except InputError as error:
        raise InputError(
            "The data set has no column of texts with a common name. Its columns: {columns}",
            columns=listed_columns(names),
            cure=_READ,
        ) from error
    x = (values[found.text], None if found.pair is None else values[found.pair])
    if found.label is None:
        return x, None
    labels, named = values[found.label], class_names.get(names[found.label])
    if named is None:
        return x, labels
    if not _is_several(labels):
        return x, _named(labels, named)
    return x, [_named(label, named) for label in labels]


def _named(number: Any, names: Sequence[str]) -> Any:
    """Return the name of a class; a number that has none, such as -1, is a missing label."""
    return names[int(number)] if number is not None and 0 <= int(number) < len(names) else None


def _is_several(given: Any) -> bool:
    """Whether something holds a value for each of several rows."""
    if isinstance(given, str | bytes) or not hasattr(given, "__iter__"):
        return False
    return getattr(given, "shape", None) != ()


def _is_pair_of(x: Sequence[Any], y: Any) -> bool:
    """Whether two parts are a text and its second text, or lists of them, not two texts."""
    return all(map(_is_several, x)) or (y is not None and not _is_several(y))


def _is_pair(x: Any) -> bool:
    """Whether something is a tuple (texts, second texts)."""
    return isinstance(x, tuple) and len(x) == 2 and all(map(_is_several, x))


def _is_texts(given: list[Any]) -> bool:
    return bool(given) and isinstance(given[0], str | bytes)


def _column(what: str, given: Any) -> list[Any]:
    """Return a value for each row."""
    shape = getattr(given, "shape", None)
    if shape is not None and len(shape) == 2 and shape[1] == 1 and what != "texts":
        given = np.asarray(given).reshape(-1)
    elif shape is not None and len(shape) != 1:
        raise InputError(
            "The {what} must have one dimension, [rows]. Received: shape {shape}",
            what=what,
            shape=list(shape),
            cure=_flat(what, shape),
        )
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping | set):
        found = describe(given)
        raise InputError(
            "The {what} must be a list or an array. Received: {name} ({shown})",
            what=what,
            name=found.name,
            shown=found.shown,
            cure=Cure(code="[text]", note="for one text") if isinstance(given, str) else None,
        )
    if hasattr(given, "to_pylist"):  # of Arrow
        return list(given.to_pylist())
    if shape is not None and not hasattr(given, "iloc"):
        given = np.asarray(given)  # the fastest way for tensors of any library
    return list(given)


def _flat(what: str, shape: Sequence[int]) -> Cure | None:
    if len(shape) == 2 and what == "labels":
        return Cure(code="labels.argmax(axis=1)", note="for one-hot labels")
    if len(shape) == 2 and shape[1] == 2 and what == "texts":
        return Cure(code="(x[:, 0], x[:, 1])", note="for text pairs")
    return Cure(code="x.reshape(-1)") if what == "texts" else None
