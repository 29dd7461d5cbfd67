"""The random numbers of TensorFlow's shuffle buffer."""

import numpy as np


def philox(seed: int, seed2: int, size: int) -> np.ndarray:
    """Return numbers of Philox4x32-10 as TensorFlow seeds it, a uint64 array below 2**32."""
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    blocks = -(-size // 4)
    index = np.arange(blocks, dtype=np.uint64)
    counter = [index & low, index >> half]
    counter += [np.full(blocks, seed2 & 0xFFFFFFFF, np.uint64)]
    counter += [np.full(blocks, seed2 >> 32 & 0xFFFFFFFF, np.uint64)]
    keys = [seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF]
    for _ in range(10):
        first = np.uint64(0xD2511F53) * counter[0]
        second = np.uint64(0xCD9E8D57) * counter[2]
        counter = [
            (second >> half) ^ counter[1] ^ np.uint64(keys[0]),
            second & low,
            (first >> half) ^ counter[3] ^ np.uint64(keys[1]),
            first & low,
        ]
        keys = [keys[0] + 0x9E3779B9 & 0xFFFFFFFF, keys[1] + 0xBB67AE85 & 0xFFFFFFFF]
    return np.stack(counter, axis=1).reshape(-1)[:size]
