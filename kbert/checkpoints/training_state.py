"""The state of a run in memory: captured from a Keras model, and restored to one.

It is a tree of variables, which a checkpoint's files hold as arrays by name:

    model       weights by their stable names, with LoRA merged into the kernels; where weights
                have a moving average, the average, because it is evaluated and kept
    lora        for a model with LoRA: its matrices, and the kernels without it
    optimizer   its variables: moments, accumulated gradients, counts; in place of the moving
                averages, the weights that are trained
    counters    seeds      the states of dropout's seed generators
                metrics    the variables of an epoch's metrics, by place
                random     random states that are not variables, see `capture_random_states`
"""

from collections.abc import Iterable
from typing import Any

import keras
import numpy as np
import optree

from kbert.backend.metric_internals import build_metrics
from kbert.backend.moving_average import weights_and_averages
from kbert.backend.optimizer_internals import gradient_norm
from kbert.backend.random_states import capture_random_states
from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.position import Position
from kbert.checkpoints.state_tree import assign_tree, fill_tree, name_leaves
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.models.lora_arrays import lora_apart
from kbert.models.variables import by_stable_name

_ACCUMULATOR = "_gradient_accumulator"


def capture_state(
    model: keras.Model, random: Arrays | None = None, *, metrics: bool = True
) -> dict[str, Arrays]:
    """Return copies of everything that changes while a compiled model is trained.

    Args:
        model: keras.Model.
        random: what `capture_random_states` returned after the last step. Defaults to None: what
            it returns now.
        metrics: bool. Whether an epoch's metrics are in progress. Defaults to True.

    Returns:
        dict of the arrays by name, for each file.
    """
    tree: Any = _variables(model)
    if metrics:
        tree["counters"]["metrics"] = list(model.metrics_variables)
    state: Any = optree.tree_map(_copy, tree)
    counters = state["counters"]
    counters["seeds"] = optree.tree_map(_as_int64, counters["seeds"])
    counters["random"] = capture_random_states() if random is None else random
    plain, lora = lora_apart(model, state["model"])
    state |= {"model": plain, **({"lora": lora} if lora else {})}
    return {file: name_leaves(part) for file, part in state.items()}


def restore_state(
    model: keras.Model, checkpoint: Checkpoint, *, fresh_accumulators: bool = False
) -> None:
    """Restore the weights, the optimizer and the seeds of a checkpoint to a compiled model.

    Args:
        model: keras.Model, whose optimizer is built.
        checkpoint: Checkpoint.
        fresh_accumulators: bool. Whether to begin with no accumulated gradients, as when the
            batches differ from the checkpoint's. Defaults to False.

    Raises:
        InputError: a variable is missing, unknown or of another shape; none is changed.
    """
    variables = _variables(model)
    saved = {file: checkpoint.arrays.get(file, {}) for file in variables}
    saved["model"] = checkpoint.weights
    saved["counters"] = _named(checkpoint, "seeds/")
    if fresh_accumulators:
        variables["optimizer"] = _without_accumulators(variables["optimizer"])
        saved["optimizer"] = _without_accumulators(saved["optimizer"])
    state = {
        file: fill_tree(part, saved[file], checkpoint.path / f"{file}.safetensors")
        for file, part in variables.items()
    }
    counters = state["counters"]
    counters["seeds"] = optree.tree_map(
        _from_int64, counters["seeds"], variables["counters"]["seeds"]
    )
    assign_tree(variables, state)


def restore_epoch_state(model: keras.Model, checkpoint: Checkpoint, batch: Any) -> None:
    """Restore the metrics of the first part of an epoch, at the beginning of the second.

    Args:
        model: keras.Model.
        checkpoint: Checkpoint, of a position inside the epoch.
        batch: a batch of the data, from which Keras can build its metrics: by itself it builds them
            only before the very first step.

    Raises:
        InputError: the model is compiled with other metrics.
    """
    build_metrics(model, batch)
    variables = {"metrics": list(model.metrics_variables)}
    saved = _named(checkpoint, "metrics/")
    shapes = [tuple(variable.shape) for variable in variables["metrics"]]
    if [saved[name].shape for name in sorted(saved)] != shapes:
        raise InputError(
            "{path} was written with {saved} metric variables, and the model has {variables}. "
            "Compile it with the same metrics.",
            path=checkpoint.path,
            saved=len(saved),
            variables=len(shapes),
        )
    assign_tree(variables, fill_tree(variables, saved, checkpoint.path))


def saved_random_states(checkpoint: Checkpoint) -> Arrays:
    """Return the random states of a checkpoint, as `restore_random_states` takes them."""
    states = _named(checkpoint, "random/")
    return {name.removeprefix("random/"): array for name, array in states.items()}


def check_finite(arrays: Arrays, position: Position) -> None:
    """Raise InputError when a weight is NaN or infinite: no checkpoint is made of it."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise InputError(
                "The weight {name} is not finite after batch {batches_done:,}, so this state is "
                "not saved; the last checkpoint is intact.",
                cure=Cure(
                    note="a lower {learning_rate}, or {precision}",
                    values={
                        "learning_rate": Option("learning_rate"),
                        "precision": Option("precision", "float32"),
                    },
                ),
                name=name,
                batches_done=position.batches_done,
            )


def _variables(model: keras.Model) -> dict[str, Any]:
    """Return the tree of a model's variables, without those of its metrics."""
    weights = {id(variable) for variable in model.weights}
    seeds = [variable for variable in model.variables if id(variable) not in weights]
    norm = gradient_norm(model.optimizer)  # every update sets it again
    held = [variable for variable in model.optimizer.variables if variable is not norm]
    exchanged = {}
    for variable, average in weights_and_averages(model):
        exchanged[id(variable)], exchanged[id(average)] = average, variable

    def named(variables: Iterable[Any]) -> dict[str, Any]:
        by_name = by_stable_name(variables)
        return {name: exchanged.get(id(found), found) for name, found in by_name.items()}

    return {
        "model": named(model.weights),
        "optimizer": named(held),
        "counters": {"seeds": by_stable_name(seeds)},
    }


def _named(checkpoint: Checkpoint, prefix: str) -> Arrays:
    counters = checkpoint.arrays.get("counters", {})
    return {name: array for name, array in counters.items() if name.startswith(prefix)}


def _without_accumulators(named: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in named.items() if not name.endswith(_ACCUMULATOR)}


def _copy(variable: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable.value))


def _as_int64(seed: np.ndarray) -> np.ndarray:
    """Return a seed's bits as 32-bit numbers: each backend has a different type for them."""
    return seed.astype(np.int64) & 0xFFFFFFFF


def _from_int64(seed: np.ndarray, variable: Any) -> np.ndarray:
    return seed.astype(np.uint32).astype(keras.backend.standardize_dtype(variable.dtype))
