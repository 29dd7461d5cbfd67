"""Dropout with fewer random bits, where generating them takes much of a step's time."""

import math
from typing import Any

import keras

from kbert.backend.choose_backend import computes_on_processor

LEVELS = 2**16  # values of 16 random bits, which meet the rate to within 8e-6


def dropout(layer: Any, values: Any, training: bool | None, seed: Any = None) -> Any:
    """Return the values after a `keras.layers.Dropout`, faster on a CPU.

        values * (bits >= rate) / (1 - rate)

    On a CPU, Keras's random numbers, of 32 or 64 bits per value, take 5 to 10% of a step. Here each
    value gets 16 bits, or on JAX a hash. The seeds are the layer's own, one for each call.

    Args:
        layer: keras.layers.Dropout.
        values: tensor.
        training: bool or None. Whether dropout is applied.
        seed: tensor. A seed from `next_seed`. Defaults to None: the layer's next seed.
    """
    if not training or not 0 < layer.rate < 1:
        return values
    dropped = dropped_levels(layer)
    if not dropped or not computes_on_processor(values):
        # What the layer calls, without the CPU time that a call of the layer takes.
        own = layer.seed_generator
        return keras.random.dropout(
            values, layer.rate, seed=own if seed is None else _Drawn(seed, own)
        )
    if seed is None:
        seed = layer.seed_generator.next()
    if keras.backend.backend() == "torch":
        keep = kept(torch_bits(seed, values.shape), dropped, values.dtype)
    else:
        which = {"tensorflow": _tensorflow_kept, "jax": jax_kept}[keras.backend.backend()]
        keep = keras.ops.cast(which(seed, keras.ops.shape(values), dropped), values.dtype)
    return values * (keep * (LEVELS / (LEVELS - dropped)))


def next_seed(layer: Any, training: bool | None) -> Any:
    """Return the next seed of a `keras.layers.Dropout`, or None where nothing is dropped."""
    return layer.seed_generator.next() if training and 0 < layer.rate < 1 else None


class _Drawn(keras.random.SeedGenerator):
    """A seed that has already been drawn, in the form that Keras's functions take.

    Leans on `isinstance(seed, SeedGenerator)` in `draw_seed` (random/seed_generator.py), and on
    `seed._initial_seed is None`, with which torch's dropout draws from torch's own generator
    (backend/torch/random.py), whose state `keras.remat` restores.
    """

    def __init__(self, seed: Any, generator: Any) -> None:
        self._seed = seed
        self._initial_seed = generator._initial_seed

    def next(self, ordered: bool = True) -> Any:
        return self._seed


def dropped_levels(layer: Any) -> int:
    """Return how many of the `LEVELS` are dropped; 0 if there are too few levels for the rate."""
    dropped = round(layer.rate * LEVELS)
    return dropped if dropped < LEVELS else 0


def torch_bits(seed: Any, shape: Any) -> Any:
    """Return random signed integers of 16 bits as a tensor of this shape."""
    import torch

    first, second = seed
    generator = torch.Generator().manual_seed(int(first + second) & 0xFFFFFFFF)
    count = math.prod(shape)
    words = torch.empty(-(-count // 4), dtype=torch.int64)
    words.random_(-(2**63), None, generator=generator)
    return words.view(torch.int16)[:count].view(shape)


def kept(bits: Any, dropped: int, dtype: Any) -> Any:
    """Return 1 for what is kept and 0 for what is dropped, as a torch tensor of this dtype."""
    import torch

    # A comparison that returns bools takes three times as long, and converting them even longer.
    return torch.ge(bits, dropped - LEVELS // 2, out=torch.empty(bits.shape, dtype=dtype))


def _tensorflow_kept(seed: Any, shape: Any, dropped: int) -> Any:
    import tensorflow as tf

    count = tf.reduce_prod(shape)
    words = tf.random.stateless_uniform(
        [(count + 1) // 2], tf.cast(seed, tf.int32), minval=None, maxval=None, dtype=tf.uint32
    )
    halves = tf.reshape(tf.bitcast(words, tf.int16), [-1])
    return tf.reshape(halves[:count], shape) >= dropped - LEVELS // 2


def jax_kept(seed: Any, shape: tuple[int, ...], dropped: int, part: Any = 0) -> Any:
    """Return which values are kept, as an array of bools.

    Each value's random number is a hash of its index and the seed, which XLA computes in the same
    loop as the dropout itself. The numbers of `jax.random` go through memory and take five times as
    long.

    Args:
        seed: array of two ints.
        shape: tuple of int.
        dropped: int. How many of the `LEVELS` are dropped.
        part: int or array. The index of the array among those of this seed. Defaults to 0.

    Source: C. Wellons, "Prospecting for hash functions", nullprogram.com, 2018: triple32, to which
    the seed is added.
    """
    import jax

    first, second = jax.random.bits(seed, (2,), "uint32")  # other bits for the next seed
    count = math.prod(shape)
    word = jax.lax.iota("uint32", count).reshape(shape)
    word += first + jax.numpy.uint32(count % 2**32) * jax.numpy.uint32(part)
    word = (word ^ word >> 17) * jax.numpy.uint32(0xED5AD4BB)
    word = (word ^ word >> 11) + second
    word *= jax.numpy.uint32(0xAC4C1B51)
    word = (word ^ word >> 15) * jax.numpy.uint32(0x31848BAB)
    return (word ^ word >> 14) >= jax.numpy.uint32(dropped * (2**32 // LEVELS))
