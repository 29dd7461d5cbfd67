"""A .keras file: `keras.models.load_model(FILE)` once kbert is imported."""

from pathlib import Path
from typing import Any

from kbert.exports.compare import Compute


def write(model: Any, path: Path) -> None:
    """Write the file."""
    model.save(path)


def opened(path: Path, model: Any) -> Compute:
    """Return the file, loaded."""
    return type(model).load(path).probabilities
