"""The state of a training in memory: what is taken out of a Keras model, and put back."""

from typing import Any

import keras
import numpy as np

from kbert.backend.keras_internals import build_metrics
from kbert.backend.random_states import capture_random_states
from kbert.checkpoints.checkpoint_files import Arrays, Checkpoint
from kbert.checkpoints.position import Position
from kbert.errors import InputError
from kbert.models.variables import assign_variables, by_stable_name, to_arrays

_ACCUMULATOR = "_gradient_accumulator"
_SEEDS, _METRICS, _RANDOM = "seeds/", "metrics/", "random/"


def capture_state(
    model: keras.Model, random: Arrays | None = None, *, metrics: bool = True
) -> dict[str, Arrays]:
    """Return copies of everything that changes while a compiled model is trained.

    Args:
        model: keras.Model.
        random: what `capture_random_states` gave after the last step, or None to ask for it now.
        metrics: bool. Whether an epoch's metrics are under way. Defaults to True.

    Returns:
        "model": the weights; "optimizer": its variables; "counters": the states of the seed
        generators and the metrics, and of torch's own random numbers, which its dropout draws from.
    """
    counters = {f"{_SEEDS}{name}": _as_int64(a) for name, a in to_arrays(_seeds(model)).items()}
    states = capture_random_states() if random is None else random
    counters |= {f"{_RANDOM}{name}": array for name, array in states.items()}
    counters |= metrics_to_arrays(model) if metrics else {}
    return {
        "model": to_arrays(model.weights),
        "optimizer": to_arrays(model.optimizer.variables),
        "counters": counters,
    }


def restore_state(
    model: keras.Model, checkpoint: Checkpoint, *, fresh_accumulators: bool = False
) -> None:
    """Give a compiled model the weights, the optimizer and the seeds of a checkpoint.

    Args:
        model: keras.Model, whose optimizer is built.
        checkpoint: Checkpoint.
        fresh_accumulators: bool. Whether to begin with no gradients accumulated, as where the
            batches are others than the checkpoint's. Defaults to False.

    Raises:
        KbertError: a variable is missing, unknown or of another shape.
    """
    path = checkpoint.path
    weights = checkpoint.arrays.get("model", {})
    assign_variables(model.weights, weights, path / "model.safetensors")
    variables, arrays = model.optimizer.variables, checkpoint.arrays.get("optimizer", {})
    if fresh_accumulators:
        variables = [v for v in variables if not v.path.endswith(_ACCUMULATOR)]
        arrays = {name: a for name, a in arrays.items() if not name.endswith(_ACCUMULATOR)}
    assign_variables(variables, arrays, path / "optimizer.safetensors")
    seeds = {
        name.removeprefix(_SEEDS): array
        for name, array in checkpoint.arrays.get("counters", {}).items()
        if name.startswith(_SEEDS)
    }
    by_name = by_stable_name(_seeds(model))
    dtypes = {name: keras.backend.standardize_dtype(v.dtype) for name, v in by_name.items()}
    seeds = {n: _from_int64(a, dtypes[n]) if n in dtypes else a for n, a in seeds.items()}
    assign_variables(_seeds(model), seeds, path / "counters.safetensors")


def restore_epoch_state(model: keras.Model, checkpoint: Checkpoint, batch: Any) -> None:
    """Give a model, at the beginning of an epoch that goes on, the metrics of its first part.

    Args:
        model: keras.Model.
        checkpoint: Checkpoint, of a position inside the epoch.
        batch: a batch of the data, by which Keras can build its metrics.

    Raises:
        KbertError: the model is compiled with other metrics.
    """
    build_metrics(model, batch)
    counters = checkpoint.arrays.get("counters", {})
    saved = [counters[name] for name in sorted(counters) if name.startswith(_METRICS)]
    variables = model.metrics_variables
    if [a.shape for a in saved] != [tuple(v.shape) for v in variables]:
        raise InputError(
            "{path} was written with {saved} variables of metrics, and the model has "
            "{variables}. Compile it with the same metrics.",
            path=checkpoint.path,
            saved=len(saved),
            variables=len(variables),
        )
    for variable, array in zip(variables, saved, strict=True):
        variable.assign(array)


def saved_random_states(checkpoint: Checkpoint) -> Arrays:
    """Return the random states among a checkpoint's arrays; none where it is not torch's."""
    counters = checkpoint.arrays.get("counters", {})
    return {
        name.removeprefix(_RANDOM): array
        for name, array in counters.items()
        if name.startswith(_RANDOM)
    }


def check_finite(arrays: Arrays, position: Position) -> None:
    """Raise KbertError when a weight is NaN or infinite, of which no checkpoint is made."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(
                "The weight {name} is not finite after batch {batches_done:,}, so this state "
                "is not saved; the last checkpoint is intact. A lower --learning-rate or "
                "--precision float32 is the usual cure.",
                name=name,
                batches_done=position.batches_done,
            )


def metrics_to_arrays(model: keras.Model) -> Arrays:
    """Return the variables of the metrics by place: their names count up through the process."""
    values = [np.array(keras.ops.convert_to_numpy(v.value)) for v in model.metrics_variables]
    return {f"{_METRICS}{place:04d}": value for place, value in enumerate(values)}


def _seeds(model: keras.Model) -> list[Any]:
    """Return the states of the model's seed generators."""
    weights = {id(variable) for variable in model.weights}
    return [variable for variable in model.variables if id(variable) not in weights]


def _as_int64(seed: np.ndarray) -> np.ndarray:
    """Return the bits of a seed, of which each backend has another type, as 32-bit numbers."""
    return seed.astype(np.int64) & 0xFFFFFFFF


def _from_int64(seed: np.ndarray, dtype: str) -> np.ndarray:
    return seed.astype(np.uint32).astype(dtype)
