"""Predictions beside the columns of the rows that they are for."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.data.reading.kept_columns import KeptColumns, listed_to_keep
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.results.any_prediction import AnyPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.serving.prediction_cells import cells, header, record
from kbert.utils.progress import reporting
from kbert.utils.table_cells import json_cell, plain_value

if TYPE_CHECKING:
    from kbert.serving.predictor import Predictor

_BLOCK = 64  # batches that are computed before their rows are handed on
_TEXTS = ("label", "labels", "abstained")  # what is not a number in a table
_PLACES = ("file", "row")


@dataclass(frozen=True)
class PredictedRow:
    """A row of a source with its prediction.

    Args:
        place: dict. Its number, and its file where there are several.
        kept: list. The cells of the columns that are kept, as the source has them.
        prediction: Prediction, MultiPrediction or NumberPrediction.
    """

    place: dict[str, Any]
    kept: list[Any]
    prediction: AnyPrediction


class PredictionTable:
    """The rows of a source with what a model predicts for them, computed while they are read.

    A row has its number in the source (and its file, where there are several), the columns that are
    kept, and the prediction: `label`, `probability` and the probability of each class, or what the
    target has in their place. Where a column that is kept has one of these names, that of the
    prediction begins with `predicted_`, and that of the number or file with `input_`.

    Going through it yields a dict for each row; each time, the predictions are computed again.

    Args:
        predictor: Predictor.
        examples: Examples. The texts.
        kept: KeptColumns. The columns of their source that are kept.
        batch_size: int. Defaults to 32.
        report: callable or None. Told how many more rows are computed, as batches are. Defaults to
            None.

    Example:

    ```python
    table = predictor.predict_table("reviews.csv")
    table.write("labelled.xlsx")
    frame = pandas.DataFrame(table)
    ```
    """

    def __init__(
        self,
        predictor: "Predictor",
        examples: Examples,
        kept: KeptColumns,
        *,
        batch_size: int = 32,
        report: Callable[[float], object] | None = None,
    ) -> None:
        self.examples = examples
        self.kept = kept
        self._predict = partial(_predicted, predictor, batch_size=batch_size, report=report)
        self._block = batch_size * _BLOCK

    def __len__(self) -> int:
        return len(self.examples)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        encoding = self.examples.encoding
        names: list[str] = []
        for row in self.rows():
            names = names or self.names(row)
            kept = [plain_value(cell, encoding) for cell in row.kept]
            values = [*row.place.values(), *kept, *numbers_of(row.prediction)]
            yield dict(zip(names, values, strict=True))

    def rows(self) -> Iterator[PredictedRow]:
        """Yield each row, in the order of the source."""
        examples = self.examples
        numbers = list(map(examples.number, range(len(examples))))
        kept = self.kept.rows(numbers)
        for start in range(0, len(examples), self._block):
            block = range(start, min(start + self._block, len(examples)))
            predictions = self._predict(examples.take(np.array(block)))
            for at, prediction in zip(block, predictions, strict=True):
                yield PredictedRow(self._place(numbers[at]), next(kept), prediction)

    def _place(self, number: int) -> dict[str, Any]:
        name, row = self.examples.file_and_row(number)
        return {"file": name, "row": row} if self.examples.files else {"row": row}

    def names(self, row: PredictedRow) -> list[str]:
        """Return the names of the columns, given a row.

        Raises:
            InputError: a column of the source has the name with the prefix too.
        """
        places = [self.own_name(name) for name in row.place]
        return [*places, *self.kept.names, *map(self.own_name, header(row.prediction))]

    def record(self, row: PredictedRow) -> dict[str, Any]:
        """Return a row as an object of JSON, with the probabilities in one object."""
        kept = [json_cell(cell, self.examples.encoding) for cell in row.kept]
        return {
            **{self.own_name(name): value for name, value in row.place.items()},
            **dict(zip(self.kept.names, kept, strict=True)),
            **{self.own_name(name): value for name, value in record(row.prediction).items()},
        }

    def own_name(self, name: str) -> str:
        """Return what a column that is not of the source is called."""
        taken = self.kept.names
        if name not in taken:
            return name
        prefixed = ("input_" if name in _PLACES else "predicted_") + name
        if prefixed not in taken:
            return prefixed
        others = [other for other in taken if other not in (name, prefixed)]
        raise InputError(
            "{source} has the columns {name!r} and {prefixed!r}, so that no name is left for what "
            "is added.",
            source=self.examples.source,
            name=name,
            prefixed=prefixed,
            cure=Cure({"keep_columns": listed_to_keep(others)}, note="or rename one of them"),
        )

    def write(self, path: str | Path, *, format: str | None = None, bom: bool = False) -> None:
        """Write the rows to a new file, as they are computed.

        Args:
            path: str or Path. A .csv, .jsonl or .xlsx file.
            format: "csv", "jsonl", "xlsx" or None. Defaults to None: that of the suffix.
            bom: bool. Whether a CSV file begins with a byte order mark, by which Excel knows that
                it is UTF-8. Defaults to False.

        Raises:
            InputError: the path exists, or the suffix identifies no format.
        """
        from kbert.serving.write_predictions import write_predictions

        write_predictions(self, Path(path), format=format, bom=bom)


def numbers_of(prediction: AnyPrediction) -> list[Any]:
    """Return the cells of a prediction: labels as text, all others as numbers."""
    texts = () if isinstance(prediction, NumberPrediction) else _TEXTS
    values = zip(header(prediction), cells(prediction), strict=True)
    return [value if name in texts else float(value) for name, value in values]


def _predicted(
    predictor: "Predictor",
    examples: Examples,
    *,
    batch_size: int,
    report: Callable[[float], object] | None,
) -> Sequence[AnyPrediction]:
    if report is None:
        return predictor.predict(examples.texts, examples.pairs, batch_size)
    with reporting(report):
        return predictor.predict(examples.texts, examples.pairs, batch_size)
