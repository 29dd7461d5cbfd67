"""Labels and predictions in a few words."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kbert.findings import Joined
from kbert.results.any_prediction import AnyPrediction
from kbert.results.multi_prediction import MultiPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.targets.target import Target

if TYPE_CHECKING:
    import numpy as np


def told(prediction: AnyPrediction) -> str:
    """Return a prediction in a few words."""
    if isinstance(prediction, MultiPrediction):
        return str(Joined(prediction.labels)) or "(none)"
    if isinstance(prediction, NumberPrediction):
        values = prediction.values.items()
        if len(values) == 1:
            return f"{prediction.value:.4g}"
        return str(Joined(f"{name} {value:.4g}" for name, value in values))
    return prediction.label


def told_label(target: Target, true: "np.ndarray", names: Sequence[str]) -> str:
    """Return a row's label in a few words; for probabilities, the likeliest label and its value."""
    import numpy as np

    if np.ndim(true) == 0:
        return names[int(true)]
    if target.activation == "softmax":
        return f"{names[int(true.argmax())]} {true.max():.2f}"
    return told(target.prediction(np.asarray(true, np.float64), names))
