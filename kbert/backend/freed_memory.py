"""Freed memory: kept where a training step needs it again, given back where nothing does."""

import ctypes
import os
import sys

_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of malloc.h
_LARGEST_KEPT = 2**30


def keep_freed_memory() -> bool:
    """Let the C library keep large blocks that are freed, and return whether it does.

    glibc returns a block of over 32 MB to the system when it is freed, such as the gradient of the
    word embeddings. Each step then waits for the system to clear its pages: 10 to 16% of a step of
    MiniLM on torch. Nothing is changed without glibc, or where the user has their own settings.

    Source: mallopt(3).
    """
    if sys.platform != "linux" or any(os.environ.get(name) for name in _SETTINGS):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT) and mallopt(_M_TRIM_THRESHOLD, 2**31 - 1))


def give_back_freed_memory() -> None:
    """Let glibc return freed memory to the system, such as that of a model that was replaced.

    Source: malloc_trim(3).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
