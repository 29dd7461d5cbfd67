"""The devices that share a batch, and the processes that hold them, as of keras 3.15.

With JAX these are the devices of `keras.distribution.DataParallel`, and with TensorFlow the
replicas of the strategy that a model was built in.
"""

import functools
import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, cast

from kbert.backend.batch_share import ALONE, BatchShare
from kbert.backend.choose_backend import import_keras
from kbert.backend.global_seed import same_seeds

_GROUPS = itertools.count(0, 1000)  # the first group number of each strategy of TensorFlow


def devices_there_are(backend: str) -> int:
    """Return how many devices a backend finds, over all processes.

    Args:
        backend: str. "tensorflow", "jax" or "torch".
    """
    if backend == "jax":
        import jax

        return int(jax.device_count())
    if backend == "tensorflow":
        import_keras()  # without TensorFlow's logs
        import tensorflow as tf

        return len(tf.config.list_logical_devices(_kind_of_tensorflow()))
    return 1


@contextmanager
def built_on_devices(count: int | None, *, leave: bool = False) -> Iterator[None]:
    """Let the models that are built inside the block divide their batches among devices.

    With JAX this applies to everything that follows in this thread, until `leave_devices`.

    Args:
        count: int or None. Number of devices over all processes; each process has the same number.
            None: the one device that the backend uses by itself.
        leave: bool. Whether code after the block computes as before; see `on_devices_of`. Defaults
            to False.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "jax" and count is not None:
        distribution = _data_parallel(_jax_devices(count))
        if leave:
            with distribution.scope(), same_seeds():
                yield
            return
        keras.distribution.set_distribution(distribution)
        try:
            yield
        except BaseException:
            leave_devices()
            raise
        return
    if backend == "tensorflow" and count is not None and count > 1:
        import tensorflow as tf

        devices = tf.config.list_logical_devices(_kind_of_tensorflow())[:count]
        with _mirrored(tuple(device.name for device in devices)).scope():
            yield
        return
    yield


@functools.cache
def _mirrored(devices: tuple[str, ...]) -> Any:
    """Return the strategy of devices, the same for all models in the process.

    TensorFlow numbers the groups of devices of each strategy from 1, and the sums of each group
    from 100. A second strategy would reuse numbers of the first, which TensorFlow refuses with
    other devices or another shape. Leans on `_collective_key_base` of `MirroredStrategy`.
    """
    import tensorflow as tf

    class Mirrored(tf.distribute.MirroredStrategy):
        _collective_key_base = next(_GROUPS)

    return Mirrored(list(devices))


def on_devices_of(model: Any) -> AbstractContextManager[Any]:
    """Return a context in which a model computes on the devices that hold its weights.

    With JAX, Keras knows these devices only in the thread that built the model, until
    `leave_devices`.

    Args:
        model: keras.Model, built.
    """
    import keras

    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    sharding = model.weights[0].value.sharding
    if not isinstance(sharding, jax.sharding.NamedSharding):
        return nullcontext()
    devices = sharding.mesh.devices.ravel().tolist()
    return cast("AbstractContextManager[Any]", _data_parallel(devices).scope())


def _data_parallel(devices: list[Any]) -> Any:
    import keras

    # The batches are divided by `Batches`: Keras would refuse a PyDataset.
    return keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)


def _jax_devices(count: int) -> list[Any]:
    """Return `count` devices, the same number from each process, in the order of the processes."""
    import jax

    each = count // jax.process_count()
    every = jax.devices()
    own = [[d for d in every if d.process_index == p] for p in range(jax.process_count())]
    return [device for devices in own for device in devices[:each]]


def _kind_of_tensorflow() -> str:
    import tensorflow as tf

    kinds = {device.device_type for device in tf.config.list_logical_devices()}
    return next((kind for kind in ("TPU", "GPU") if kind in kinds), "CPU")


def scope_of(model: Any) -> AbstractContextManager[Any]:
    """Return a context in which variables are created for all devices of a model.

    Args:
        model: keras.Model.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        return nullcontext()
    return cast("AbstractContextManager[Any]", model.distribute_strategy.scope())


def leave_devices() -> None:
    """Let the models that are built from now on compute on one device again."""
    import keras

    if keras.backend.backend() == "jax":
        keras.distribution.set_distribution(None)


def batch_share(model: Any) -> BatchShare:
    """Return how a model's batches are divided.

    Args:
        model: keras.Model.
    """
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        return BatchShare(model.distribute_strategy.num_replicas_in_sync)
    distribution = keras.distribution.distribution()
    if backend != "jax" or not isinstance(distribution, keras.distribution.DataParallel):
        return ALONE
    import jax

    devices = int(distribution.device_mesh.devices.size)
    return BatchShare(devices, jax.process_count(), jax.process_index())


def divides_rows(model: Any) -> bool:
    """Return whether each device sees only its own rows of a batch, as TensorFlow's replicas do.

    Args:
        model: keras.Model.
    """
    import keras

    return keras.backend.backend() == "tensorflow" and batch_share(model) != ALONE


def whole_on_each(outputs: Any) -> Any:
    """Return a step's outputs with all rows on each device, where other processes hold some.

    Otherwise Keras's `predict` cannot read them: leans on `np.asarray` in `append_to_outputs` of
    `predict` (backend/jax/trainer.py).
    """
    import keras

    distribution = keras.distribution.distribution()
    if keras.backend.backend() != "jax" or distribution is None:
        return outputs
    import jax

    if jax.process_count() == 1:
        return outputs
    mesh = distribution.device_mesh.backend_mesh
    everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    return jax.lax.with_sharding_constraint(outputs, everywhere)
