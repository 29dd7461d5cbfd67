"""Reading at an offset of a file, which several threads may do at once."""

import os
import threading

_LOCK = threading.Lock()


def _read_at(file: int, size: int, place: int) -> bytes:
    with _LOCK:
        os.lseek(file, place, os.SEEK_SET)
        return os.read(file, size)


pread = getattr(os, "pread", _read_at)  # Windows has none
