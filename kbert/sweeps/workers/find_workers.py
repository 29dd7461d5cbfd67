"""Find what trains the runs of a sweep: this machine, or a Ray cluster."""

from collections.abc import Iterator
from contextlib import contextmanager

from kbert.config import SweepOptions
from kbert.sweeps.workers.local_workers import LocalWorkers
from kbert.sweeps.workers.workers import Workers


@contextmanager
def find_workers(options: SweepOptions, module: str) -> Iterator[Workers]:
    """Yield what trains the runs of a sweep.

    Args:
        options: SweepOptions.
        module: str. The module whose main program trains a run.
    """
    if options.ray is None:
        workers: Workers = LocalWorkers(module)
    else:
        from kbert.sweeps.workers.ray_workers import RayWorkers

        workers = RayWorkers(module, options.ray, options.jobs)
    try:
        yield workers
    finally:
        workers.close()
