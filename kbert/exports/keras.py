"""A .keras file: `keras.models.load_model(FILE)` once kbert is imported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write(model: Any, path: Path) -> None:
    """Write the file."""
    model.save(path)


def predict(
    path: Path, texts: Sequence[str], pairs: Sequence[str] | None, model: Any
) -> np.ndarray | None:
    """Return the probabilities of the file, loaded."""
    opened = type(model).load(path)
    return opened.probabilities(texts, pairs)
