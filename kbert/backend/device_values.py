"""Values that stay on the device until they are read, several of them together.

To read a tensor the host waits for all that the device has been given before it, and the device
then waits for the host.
"""

from collections.abc import Sequence
from typing import Any

import keras


def computes_on_accelerator(model: keras.Model | None) -> bool:
    """Return whether a model computes on something else than the processor.

    Args:
        model: keras.Model, or None, which computes on nothing. On torch its weights tell, on
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
    """Return a copy of a variable's value that the steps to come leave as it is.

    torch updates a variable in place, and JAX reuses the memory of what it has updated.
    """
    return keras.ops.stop_gradient(keras.ops.copy(value))


def read_together(values: Sequence[Any]) -> list[Any]:
    """Return scalars as Python numbers, read in one transfer for each type; others as they are."""
    read = list(values)
    if keras.backend.backend() == "jax":
        import jax

        # It begins with all transfers before it waits for one; to stack is to compile.
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
