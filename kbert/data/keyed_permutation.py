"""A permutation of very many numbers, any part of which can be computed alone."""

from typing import Protocol

import numpy as np

_ROUNDS = 6  # each half is changed three times, by a hash of the other


class Permutation(Protocol):
    """A permutation of 0 to size - 1, any part of which can be computed alone."""

    @property
    def size(self) -> int:
        """How many numbers there are."""

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Return the images of an int array of numbers, as int64."""


class KeyedPermutation:
    """A permutation of 0 to size - 1 that is computed, not stored.

    A Feistel network on the bits of a number: in turns, one half is changed by a keyed hash of the
    other. Each turn can be undone, so no two numbers have the same image. The bits cover the range
    up to the next power of two; an image outside `size` is permuted again until it lies inside
    (cycle walking). Only exclusive or, shifts, and products modulo 2^64 are used, so the result is
    the same everywhere.

    Args:
        size: int. How many numbers there are, below 2^63.
        bits: np.random.PCG64. Its next raw bits are the keys.

    Source: Black and Rogaway, Ciphers with arbitrary finite domains, 2002.

    Example:

    ```python
    permutation = KeyedPermutation(10**8, np.random.PCG64(0))
    beginning = permutation(np.arange(5))
    ```
    """

    def __init__(self, size: int, bits: np.random.PCG64) -> None:
        self.size = size
        self._keys = bits.random_raw(_ROUNDS)
        width = max(2, (size - 1).bit_length())
        self._low_bits = width // 2
        self._masks = 2**self._low_bits - 1, 2 ** (width - self._low_bits) - 1

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """Return the images of an int array of numbers from 0 to size - 1, as int64."""
        images = self._permute(numbers.astype(np.uint64))
        outside = np.flatnonzero(images >= self.size)
        while len(outside):
            images[outside] = self._permute(images[outside])
            outside = outside[images[outside] >= self.size]
        return images.astype(np.int64)

    def _permute(self, numbers: np.ndarray) -> np.ndarray:
        low_mask, high_mask = self._masks
        low, high = numbers & low_mask, numbers >> self._low_bits
        for turn in range(0, _ROUNDS, 2):
            high = high ^ (mixed(low ^ self._keys[turn]) & high_mask)
            low = low ^ (mixed(high ^ self._keys[turn + 1]) & low_mask)
        return (high << self._low_bits) | low


def mixed(numbers: np.ndarray) -> np.ndarray:
    """Return a hash of each number of a uint64 array: the finalizer of splitmix64.

    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
    """
    numbers = (numbers ^ (numbers >> 30)) * 0xBF58476D1CE4E5B9
    numbers = (numbers ^ (numbers >> 27)) * 0x94D049BB133111EB
    return numbers ^ (numbers >> 31)
