"""Values that stay on the device until they are read, several of them together.

To read a tensor, the host waits for all the work that was queued on the device before it, and then
the device waits for the host.
"""

from collections.abc import Sequence
from typing import Any

import keras


def computes_on_accelerator(model: keras.Model | None) -> bool:
    """Return whether a model computes on something other than the CPU.

    Args:
        model: keras.Model or None. False for None. On torch the device of its weights decides, on
            the other backends the devices of the process.
    """
    if model is None:
        return False
    backend = keras.backend.backend()
    if backend == "torch":
        return any(weight.value.device.type not in ("cpu", "meta") for weight in model.weights[:1])
    if backend == "tensorflow":
        import tensorflow as tf

        return any(device.device_type != "CPU" for device in tf.config.list_logical_devices())
    import jax

    return str(jax.default_backend()) != "cpu"


def device_copy(value: Any) -> Any:
    """Return a copy of a variable's value that later steps leave unchanged.

    torch updates a variable in place, and JAX reuses the memory of what it has updated.
    """
    return keras.ops.stop_gradient(keras.ops.copy(value))


def read_together(values: Sequence[Any]) -> list[Any]:
    """Return scalars as Python numbers, read in one transfer per dtype; others as they are."""
    read = list(values)
    if keras.backend.backend() == "jax":
        import jax

        # `device_get` starts all transfers before it waits for any; stacking would compile.
        places = [place for place, value in enumerate(read) if keras.ops.is_tensor(value)]
        arrays = jax.device_get([read[place] for place in places])
        for place, array in zip(places, arrays, strict=True):
            read[place] = array.item()
        return read
    by_type: dict[str, list[int]] = {}
    for place, value in enumerate(read):
        if keras.ops.is_tensor(value):
            by_type.setdefault(keras.backend.standardize_dtype(value.dtype), []).append(place)
    for places in by_type.values():
        stacked = keras.ops.stop_gradient(keras.ops.stack([read[place] for place in places]))
        numbers = keras.ops.convert_to_numpy(stacked).tolist()
        for place, number in zip(places, numbers, strict=True):
            read[place] = number
    return read
