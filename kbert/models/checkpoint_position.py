"""Where a training stands; readable without Keras."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbert.errors import KbertError
from kbert.models.presets import read_json

FORMAT = "kbert-checkpoint-1"


@dataclass(frozen=True)
class Position:
    """Where a training stands.

    Args:
        epochs: int. Whole epochs trained.
        examples_seen: int. Rows trained on, repetitions counted.
        plan: the `TrainingPlan` that was followed, as a dict.
    """

    epochs: int
    examples_seen: int
    plan: dict[str, Any]


def read_position(folder: Path) -> Position:
    """Return the position of a checkpoint, or raise KbertError when there is none."""
    state = read_json(folder / "position.json")
    if state.pop("format", None) != FORMAT:
        raise KbertError(f"{folder} is not a checkpoint of this version of kbert ({FORMAT}).")
    try:
        return Position(**state)
    except TypeError as error:
        raise KbertError(f"{folder / 'position.json'} is no position: {error}") from None
