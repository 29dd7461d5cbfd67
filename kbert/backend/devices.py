"""The devices that share a batch, and the processes that hold them, as of keras 3.15.

With JAX these are the devices of `keras.distribution.DataParallel`, and with TensorFlow the
replicas of the strategy that a model was built in.
"""

from typing import Any

import keras

from kbert.backend.batch_share import ALONE, BatchShare


def batch_share(model: Any) -> BatchShare:
    """Return how a model's batches are divided.

    Args:
        model: keras.Model.
    """
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
    distribution = keras.distribution.distribution()
    if keras.backend.backend() != "jax" or distribution is None:
        return outputs
    import jax

    if jax.process_count() == 1:
        return outputs
    mesh = distribution.device_mesh.backend_mesh
    everywhere = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    return jax.lax.with_sharding_constraint(outputs, everywhere)
