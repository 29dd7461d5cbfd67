"""Numbers in their own unit."""

from typing import Any

from keras import ops

from kbert.targets.target import Target


def in_own_unit(outputs: Any, target: Target) -> Any:
    """Convert the standardized numbers of a head to their own unit; leave other outputs as is.

        outputs * scale + mean

    Keras's `Rescaling` would need TensorFlow when torch exports a model.

    Args:
        outputs: float tensor [rows, labels].
        target: Target.
    """
    if target.unit is None:
        return outputs
    scale, mean = (ops.convert_to_tensor(one, "float32") for one in target.unit)
    return outputs * scale + mean
