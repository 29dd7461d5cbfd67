"""A row of a source with its prediction."""

from dataclasses import dataclass
from typing import Any

from kbert.results.any_prediction import AnyPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.serving.prediction_cells import cells, header

_TEXTS = ("label", "labels", "abstained")  # what is not a number in a table


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

    def predicted_values(self) -> list[Any]:
        """Return the cells of the prediction: labels as text, all others as numbers."""
        texts = () if isinstance(self.prediction, NumberPrediction) else _TEXTS
        values = zip(header(self.prediction), cells(self.prediction), strict=True)
        return [value if name in texts else float(value) for name, value in values]
