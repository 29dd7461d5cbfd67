"""The error of a folder that describes a model and holds no weights."""

from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Cure


def no_weights(folder: Path, expected: str) -> InputError:
    """Return the error, with the names of the files that were looked for."""
    return InputError(
        "{folder} holds no weights ({expected}).",
        folder=folder,
        expected=expected,
        cure=Cure({"weights": "random"}, note="to train a new model of that size"),
    )
