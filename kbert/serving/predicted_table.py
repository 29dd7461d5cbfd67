"""Predictions beside the columns of their rows."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.data.reading.kept_columns import KeptColumns, listed_to_keep
from kbert.data.reading.rows import BadRow
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.results.any_prediction import AnyPrediction
from kbert.serving.predicted_row import PredictedRow
from kbert.serving.prediction_cells import header, record
from kbert.utils.progress import reporting
from kbert.utils.table_cells import json_cell, plain_value

Predict = Callable[[Sequence[str], Sequence[str] | None, int], Sequence[AnyPrediction]]

_BLOCK = 64  # batches that are computed before their rows are handed on
_PLACES = ("file", "row")


class PredictedTable:
    """The rows of a source with what a model predicts for them, computed while they are read.

    A row has its number in the source (and its file, where there are several), the columns that are
    kept, and the prediction: `label`, `probability` and the probability of each class, or what the
    target has in their place. If a column that is kept has one of these names, the prediction's
    column gets the prefix `predicted_`, and the column of the number or file the prefix `input_`.

    Iterating over the table yields a dict for each row, and computes the predictions each time.

    Args:
        predict: callable of texts, pairs or None, and a batch size. Returns the predictions, as
            `Predictor.predict` does.
        examples: Examples. The texts.
        kept: KeptColumns. The columns of their source that are kept.
        batch_size: int. Defaults to 32.
        report: callable or None. Called with the number of rows that were computed since the last
            call. Defaults to None.

    Example:

    ```python
    from kbert.data.reading.open_table import TableFormat
    from kbert.results.prediction import Prediction

    def predict(texts, pairs, batch_size):
        return [Prediction("good", 0.9, {"bad": 0.1, "good": 0.9}) for _ in texts]

    source = {"id": ["007"], "text": ["A joy."]}
    kept = KeptColumns.find(source, TableFormat(), "id")
    (row,) = PredictedTable(predict, Examples(source["text"]), kept)
    assert (row["id"], row["label"], row["p(bad)"]) == ("007", "good", 0.1)
    ```
    """

    def __init__(
        self,
        predict: Predict,
        examples: Examples,
        kept: KeptColumns,
        *,
        batch_size: int = 32,
        report: Callable[[float], object] | None = None,
    ) -> None:
        self.examples = examples
        self.kept = kept
        self._compute = predict
        self._batch_size = batch_size
        self._report = report

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def skipped(self) -> tuple[BadRow, ...]:
        """The rows that cannot be used, which `on_bad_row="skip"` leaves out."""
        return self.examples.skipped

    def __iter__(self) -> Iterator[dict[str, Any]]:
        encoding = self.examples.encoding
        names: list[str] = []
        for row in self.rows():
            names = names or self.names(row)
            kept = [plain_value(cell, encoding) for cell in row.kept]
            values = [*row.place.values(), *kept, *row.predicted_values()]
            yield dict(zip(names, values, strict=True))

    def rows(self) -> Iterator[PredictedRow]:
        """Yield each row, in the order of the source."""
        examples = self.examples
        kept = self.kept.rows(map(examples.number, range(len(examples))))
        size = self._batch_size * _BLOCK
        for start in range(0, len(examples), size):
            block = range(start, min(start + size, len(examples)))
            predictions = self._predict(examples.take(np.array(block)))
            for at, prediction in zip(block, predictions, strict=True):
                yield PredictedRow(self._place(examples.number(at)), next(kept), prediction)

    def _predict(self, examples: Examples) -> Sequence[AnyPrediction]:
        with nullcontext() if self._report is None else reporting(self._report):
            return self._compute(examples.texts, examples.pairs, self._batch_size)

    def _place(self, number: int) -> dict[str, Any]:
        name, row = self.examples.file_and_row(number)
        return {"file": name, "row": row} if self.examples.files else {"row": row}

    def names(self, row: PredictedRow) -> list[str]:
        """Return the names of the columns, given a row.

        Raises:
            InputError: a column of the source already has the name with the prefix.
        """
        places = [self.own_name(name) for name in row.place]
        return [*places, *self.kept.names, *map(self.own_name, header(row.prediction))]

    def record(self, row: PredictedRow) -> dict[str, Any]:
        """Return a row as a JSON object, with the probabilities in one object."""
        kept = [json_cell(cell, self.examples.encoding) for cell in row.kept]
        return {
            **{self.own_name(name): value for name, value in row.place.items()},
            **dict(zip(self.kept.names, kept, strict=True)),
            **{self.own_name(name): value for name, value in record(row.prediction).items()},
        }

    def own_name(self, name: str) -> str:
        """Return the name of a column that does not come from the source."""
        taken = self.kept.names
        if name not in taken:
            return name
        prefixed = ("input_" if name in _PLACES else "predicted_") + name
        if prefixed not in taken:
            return prefixed
        others = [other for other in taken if other not in (name, prefixed)]
        raise InputError(
            "{source} has the columns {name!r} and {prefixed!r}, so no name is left for the "
            "column to be added.",
            source=self.examples.source,
            name=name,
            prefixed=prefixed,
            cure=Cure({"keep_columns": listed_to_keep(others)}, note="or rename one of them"),
        )

    def write(self, path: str | Path, *, format: str | None = None, bom: bool = False) -> None:
        """Write the rows to a new file, as they are computed.

        Args:
            path: str or Path. A .csv, .jsonl or .xlsx file.
            format: "csv", "jsonl", "xlsx" or None. Defaults to None: the format of the suffix.
            bom: bool. Whether a CSV file begins with a byte order mark, by which Excel knows that
                it is UTF-8. Defaults to False.

        Raises:
            InputError: the path exists, or the suffix identifies no format.
        """
        from kbert.serving.write_predictions import write_predictions

        write_predictions(self, Path(path), format=format, bom=bom)
