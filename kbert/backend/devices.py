"""The devices that share a batch, and the processes that hold them, as of keras 3.15.

With JAX these are the devices of `keras.distribution.DataParallel`, and with TensorFlow the
replicas of the strategy that a model was built in.
"""

from typing import Any

from kbert.backend.batch_share import ALONE, BatchShare


def devices_there_are(backend: str) -> int:
    """Return how many devices a backend finds, on all processes.

    Args:
        backend: str. "tensorflow", "jax" or "torch".
    """
    if backend == "jax":
        import jax

        return int(jax.device_count())
    if backend == "tensorflow":
        import tensorflow as tf

        kinds = {device.device_type: 0 for device in tf.config.list_logical_devices()}
        kind = next((kind for kind in ("TPU", "GPU") if kind in kinds), "CPU")
        return len(tf.config.list_logical_devices(kind))
    return 1


def use_devices(count: int | None) -> None:
    """Let the models that are built from now on share their batches among devices.

    Args:
        count: int or None. The devices of all processes; each has as many. None: the one that the
            backend takes by itself.
    """
    import keras

    if count is None or keras.backend.backend() != "jax":
        return
    import jax

    each = count // jax.process_count()
    devices = [
        device
        for process in range(jax.process_count())
        for device in [one for one in jax.devices() if one.process_index == process][:each]
    ]
    # The batches are divided by `Batches`: Keras would refuse a PyDataset.
    keras.distribution.set_distribution(
        keras.distribution.DataParallel(devices=devices, auto_shard_dataset=False)
    )


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


def whole_on_each(outputs: Any) -> Any:
    """Return a step's outputs with all rows on each device, where other processes have some.

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
