"""Gradients in one form on every backend."""

from collections.abc import Iterable
from typing import Any

import keras


def summed(gradients: Iterable[Any]) -> list[Any]:
    """Return the gradients of all replicas, with an embedding's rows summed into one dense array.

    TensorFlow returns the gradient of an embedding as slices, one for each occurrence of a token.
    Keras would clip by the norm of the slices and square each of them for the second moment, so
    that training on TensorFlow would differ from training on JAX and torch.

    The gradients of several replicas are summed here too. Keras sums them after clipping those of
    each replica, so that training would differ from training on one device.
    """
    gradients = list(gradients)
    if keras.backend.backend() != "tensorflow":
        return gradients
    import tensorflow as tf

    dense = [None if g is None else tf.convert_to_tensor(g) for g in gradients]
    replica = tf.distribute.get_replica_context()
    if replica is None or replica.num_replicas_in_sync == 1:
        return dense
    given = [g for g in dense if g is not None]
    of_all = iter(replica.all_reduce(tf.distribute.ReduceOp.SUM, given))
    return [None if g is None else next(of_all) for g in dense]
