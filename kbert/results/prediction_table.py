"""What a model predicts for labelled rows, beside their labels."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.utils.csv_text import csv_text
from kbert.utils.file_errors import unreadable
from kbert.utils.files import write_text
from kbert.utils.float_cells import float_cell


@dataclass(frozen=True)
class PredictionTable:
    """What a model predicts for labelled rows, beside their labels.

    As a file it has the columns of `places`; then `label` and `predicted`, or if a row has several
    numbers, `true(NAME)` for each; `weight`, if rows have weights; and for each label `p(NAME)`, or
    `predicted(NAME)` for numbers:

        row,label,predicted,p(negative),p(positive)
        7,positive,positive,0.03,0.97

    Args:
        names: tuple of str. The labels.
        places: dict of columns that identify each row of the data, such as "row".
        true: array. The class number of each row [rows], or its values for the labels
            [rows, labels].
        outputs: float array [rows, labels]. Probabilities, or numbers.
        weights: float array [rows] or None. How much each row counts. Defaults to None: the same.
        are_numbers: bool. Whether the outputs are numbers, not probabilities. Defaults to False.

    Example:

    ```python
    table = PredictionTable(("no", "yes"), {"row": [1]}, np.array([1]), np.array([[0.2, 0.8]]))
    assert table.to_csv() == "row,label,predicted,p(no),p(yes)\\n1,yes,yes,0.2,0.8\\n"
    ```
    """

    names: tuple[str, ...]
    places: Mapping[str, Sequence[Any]]
    true: np.ndarray
    outputs: np.ndarray
    weights: np.ndarray | None = None
    are_numbers: bool = False

    def __len__(self) -> int:
        return len(self.true)

    @property
    def is_of_classes(self) -> bool:
        """Whether each row has one class."""
        return self.true.ndim == 1

    @property
    def predicted(self) -> np.ndarray:
        """The number of the likeliest class of each row."""
        return self.outputs.argmax(axis=1)

    def with_place(self, name: str, value: Any) -> "PredictionTable":
        """Return the table with one more column that tells where its rows are from."""
        first, *others = self.places.items()
        places = dict([first, (name, [value] * len(self)), *others])
        return replace(self, places=places)

    def of_place(self, name: str, value: Any) -> "PredictionTable":
        """Return the rows with a value in a `places` column; all rows if the column is missing."""
        if name not in self.places:
            return self
        return self.take(np.flatnonzero([cell == value for cell in self.places[name]]))

    @classmethod
    def joined(cls, tables: Sequence["PredictionTable"]) -> "PredictionTable":
        """Return the rows of several tables of the same labels, one table after the other."""
        names = dict.fromkeys(name for table in tables for name in table.places)
        weights = None
        if any(table.weights is not None for table in tables):
            given = (np.ones(len(t)) if t.weights is None else t.weights for t in tables)
            weights = np.concatenate(list(given))
        return replace(
            tables[0],
            places={
                name: [cell for t in tables for cell in t.places.get(name, [""] * len(t))]
                for name in names
            },
            true=np.concatenate([table.true for table in tables]),
            outputs=np.concatenate([table.outputs for table in tables]),
            weights=weights,
        )

    def take(self, at: np.ndarray) -> "PredictionTable":
        """Return the rows at these positions, in that order."""
        return replace(
            self,
            places={name: [cells[i] for i in at] for name, cells in self.places.items()},
            true=self.true[at],
            outputs=self.outputs[at],
            weights=None if self.weights is None else self.weights[at],
        )

    def to_csv(self) -> str:
        """Return the table as the text of a file."""
        places = zip(*self.places.values(), strict=True)
        weights: Any = [[]] * len(self) if self.weights is None else self.weights[:, None]
        rows = zip(places, self._true_cells(), weights, self.outputs, strict=True)
        lines = (
            [*place, *true, *map(float_cell, weight), *map(float_cell, outputs)]
            for place, true, weight, outputs in rows
        )
        return csv_text([self._header(), *lines])

    def write(self, path: Path) -> None:
        """Write the file, in one step."""
        write_text(path, self.to_csv())

    @classmethod
    def read(cls, path: Path, names: Sequence[str]) -> "PredictionTable":
        """Return the table of a file.

        Args:
            path: Path.
            names: sequence of str. The labels.

        Raises:
            InputError: the file cannot be read, or is not such a table.
        """
        try:
            with path.open(encoding="utf-8", newline="") as file:
                header, *rows = csv.reader(file)
            return cls._from_rows(header, rows, tuple(names))
        except OSError as error:
            raise unreadable(path, error) from error
        except (ValueError, KeyError, IndexError, csv.Error) as error:
            raise InputError(
                "{path} is not a table of predictions that kbert has written for these labels.",
                path=path,
                cure=Cure(note="remove it; the next report writes it again"),
            ) from error

    @classmethod
    def _from_rows(
        cls, header: list[str], rows: list[list[str]], names: tuple[str, ...]
    ) -> "PredictionTable":
        count = len(names)
        before = header[:-count]
        is_of_classes = "label" in before
        columns = 2 if is_of_classes else count
        has_weight = before[-1] == "weight"
        first = len(before) - columns - has_weight
        outputs = np.array([row[-count:] for row in rows], np.float32).reshape(len(rows), count)
        if is_of_classes:
            ids = {name: number for number, name in enumerate(names)}
            true = np.array([ids[row[first]] for row in rows], np.int64)
        else:
            true = np.array([row[first : first + count] for row in rows], np.float64)
        table = cls(
            names=names,
            places={name: [row[at] for row in rows] for at, name in enumerate(header[:first])},
            true=true,
            outputs=outputs,
            weights=np.array([row[-count - 1] for row in rows], float) if has_weight else None,
            are_numbers=header[-1].startswith("predicted("),
        )
        if header != table._header() or any(len(row) != len(header) for row in rows):
            raise ValueError("other columns")
        return table

    def _header(self) -> list[str]:
        word = "predicted" if self.are_numbers else "p"
        return [
            *self.places,
            *(["label", "predicted"] if self.is_of_classes else self._named("true")),
            *([] if self.weights is None else ["weight"]),
            *self._named(word),
        ]

    def _named(self, word: str) -> list[str]:
        return [f"{word}({name})" for name in self.names]

    def _true_cells(self) -> list[list[str]]:
        if self.is_of_classes:
            pairs = zip(self.true, self.predicted, strict=True)
            return [[self.names[label], self.names[likeliest]] for label, likeliest in pairs]
        return [[float_cell(number) for number in row] for row in self.true]
