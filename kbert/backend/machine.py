"""What in a machine decides the bits of a result, besides seed, data and settings."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from kbert.backend.thread_count import usable_cores
from kbert.choices import Backend

_PACKAGES = ("keras", "keras-hub", "tensorflow", "jax", "torch", "numpy", "tokenizers")
# Variables that the backends read, or that change which kernels they run.
_FLAGS = (
    "XLA_FLAGS",
    "NPROC",
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_DETERMINISTIC_OPS",
    "NVIDIA_TF32_OVERRIDE",
)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that compute."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def machine(backend: Backend) -> dict[str, Any]:
    """Return what the bits of a run depend on; call it after Keras is imported.

    Args:
        backend: str. "tensorflow", "jax" or "torch".

    Returns:
        dict of `device` ("cpu", "gpu", ...), `threads` (how many share a sum), `processor`, and
        `flags`, the environment variables of the backends that are set.
    """
    return {
        "device": _device(backend),
        "threads": threads(backend),
        "processor": _processor(),
        "flags": {name: os.environ[name] for name in _FLAGS if os.environ.get(name)},
    }


def threads(backend: Backend) -> int:
    """Return how many CPU threads share a sum: its rounding depends on how they divide it."""
    if backend == "torch":
        import torch

        return torch.get_num_threads()
    if backend == "tensorflow":
        import tensorflow

        set_by_user = tensorflow.config.threading.get_intra_op_parallelism_threads()
        if set_by_user:
            return int(set_by_user)
    return usable_cores()


def _device(backend: Backend) -> str:
    """Return the kind of device that the backend trains on."""
    if backend == "torch":
        import torch

        if torch.cuda.is_available():
            return "gpu"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    if backend == "tensorflow":
        import tensorflow

        return "gpu" if tensorflow.config.list_physical_devices("GPU") else "cpu"
    import jax

    return str(jax.default_backend())


def _processor() -> str:
    """Return the name of the CPU, whose features decide which kernels run."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            for line in file:
                name, _, value = line.partition(":")
                if name.strip() == "model name":
                    return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
