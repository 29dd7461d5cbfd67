"""Labels and texts in a line of a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kbert.results.any_prediction import AnyPrediction
from kbert.results.multi_prediction import MultiPrediction
from kbert.results.number_prediction import NumberPrediction
from kbert.targets.target import Target

if TYPE_CHECKING:
    import numpy as np


def told(prediction: AnyPrediction) -> str:
    """Return what a prediction says, in a few words."""
    if isinstance(prediction, MultiPrediction):
        return ", ".join(prediction.labels) or "(none)"
    if isinstance(prediction, NumberPrediction):
        values = prediction.values.items()
        if len(values) == 1:
            return f"{prediction.value:.4g}"
        return ", ".join(f"{name} {value:.4g}" for name, value in values)
    return prediction.label


def told_label(target: Target, true: "np.ndarray", names: Sequence[str]) -> str:
    """Return what a row says, in a few words; of probabilities the likeliest with its own."""
    import numpy as np

    if np.ndim(true) == 0:
        return names[int(true)]
    if target.activation == "softmax":
        return f"{names[int(true.argmax())]} {true.max():.2f}"
    return told(target.prediction(np.asarray(true, np.float64), names))


def in_one_line(text: str, cells: int) -> str:
    """Return a text in a line of at most so many cells of a terminal; a Chinese letter has two."""
    from rich.cells import cell_len, set_cell_size

    line = " ".join(text.split())
    return line if cell_len(line) <= cells else set_cell_size(line, cells - 1).rstrip() + "…"


def padded(cells: Sequence[str], width: int) -> list[str]:
    """Return cells of the same width, that of the widest of them; longer ones than `width` cut."""
    from rich.cells import cell_len

    cut = [in_one_line(cell, width) for cell in cells]
    widest = max(map(cell_len, cut), default=0)
    return [cell + " " * (widest - cell_len(cell)) for cell in cut]
