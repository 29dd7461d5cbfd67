"""The peak memory of a training run."""

import re
import sys
from pathlib import Path
from typing import Any

from kbert.choices import Backend


def peak_memory(backend: Backend) -> dict[str, int]:
    """Return the most memory that this process has held so far, in bytes.

    Returns:
        dict of `memory`, which includes what was read and tokenized, and `device_memory`, where
        the backend computes on a GPU or TPU and reports it. Unknown values are left out.
    """
    found = {"memory": _process(), "device_memory": _device(backend)}
    return {name: size for name, size in found.items() if size is not None}


def _process() -> int | None:
    try:
        # `getrusage` starts from the peak of the process that started this one.
        told = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # not Linux
        told = ""
    if found := re.search(r"^VmHWM:\s+(\d+) kB", told, re.MULTILINE):
        return int(found[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _device(backend: Backend) -> int | None:
    if backend == "torch":
        import torch

        return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else None
    if backend == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            return None
        return int(tf.config.experimental.get_memory_info("GPU:0")["peak"])
    import jax

    told: Any = jax.local_devices()[0].memory_stats()  # None on a CPU
    return None if not told or "peak_bytes_in_use" not in told else int(told["peak_bytes_in_use"])
