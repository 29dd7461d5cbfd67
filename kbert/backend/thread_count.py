"""How many threads a framework computes with, chosen before it is imported."""

import os

# OpenMP's threads, for torch; TensorFlow's two pools; what XLA's CPU client takes as the number of
# cores (`DefaultThreadPoolSize`), for which JAX has no other setting.
_VARIABLES = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC")


def limit_threads(threads: int) -> None:
    """Let the frameworks that this process imports later compute with this many threads.

    Args:
        threads: int.
    """
    os.environ.update(thread_variables(threads))


def thread_variables(threads: int) -> dict[str, str]:
    """Return the environment of a process whose frameworks compute with this many threads.

    Args:
        threads: int.
    """
    return dict.fromkeys(_VARIABLES, str(threads))


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
