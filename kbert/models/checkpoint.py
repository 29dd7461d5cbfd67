"""A training's state as a folder: weights, optimizer and position."""

import json
from dataclasses import asdict
from pathlib import Path

import keras
from safetensors.numpy import save_file

from kbert.files import new_directory
from kbert.models.checkpoint_position import FORMAT, Position
from kbert.models.model_directory import arrays_of, assign_variables, read_arrays

_ACCUMULATOR = "_gradient_accumulator"


def write_checkpoint(model: keras.Model, folder: Path, position: Position) -> None:
    """Write a compiled model, its optimizer and its position in place of `folder`."""
    with new_directory(folder) as new:
        state = {"format": FORMAT, **asdict(position)}
        (new / "position.json").write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        save_file(arrays_of(model.variables), new / "model.safetensors")
        save_file(arrays_of(model.optimizer.variables), new / "optimizer.safetensors")


def restore_checkpoint(
    model: keras.Model, folder: Path, *, other_accumulation: bool = False
) -> None:
    """Give a compiled model, whose optimizer is built, the variables of a checkpoint.

    Args:
        model: keras.Model.
        folder: Path.
        other_accumulation: bool. Whether the optimizer accumulates over another number of batches
            than the checkpoint's did: then it begins with nothing accumulated. Defaults to False.

    Raises:
        KbertError: a variable is missing, unknown or of another shape.
    """
    file = folder / "model.safetensors"
    assign_variables(model.variables, read_arrays(file), file)
    file = folder / "optimizer.safetensors"
    variables, arrays = model.optimizer.variables, read_arrays(file)
    if other_accumulation:
        variables = [v for v in variables if not v.path.endswith(_ACCUMULATOR)]
        arrays = {name: a for name, a in arrays.items() if not name.endswith(_ACCUMULATOR)}
    assign_variables(variables, arrays, file)
