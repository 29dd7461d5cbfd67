"""A run begun on one backend and resumed on another: python -m tests.parity.resumption.

Each backend trains for 20 updates of the recommended recipe without dropout, and saves a checkpoint
after the eighth, inside the second epoch. Then each backend resumes from each checkpoint. The table
shows how far the final weights are from those of the uninterrupted run.
"""

import itertools
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save_file

from .table import BACKENDS, BOUNDS, initial_weights, run_alone
from .worker import WEIGHTS, plan_and_batches, tiny_model

CASES = list(itertools.product(BACKENDS, BACKENDS))
# What the test measures: each backend begins a run, and resumes one of another.
RING = list(zip(BACKENDS, (*BACKENDS[1:], BACKENDS[0]), strict=True))
# The order of starting. Torch, which compiles nothing, is the one that must start twice for RING.
ORDER = ("torch", "tensorflow", "jax")
CHECK_INTERVAL = 3


def fit(folder: Path, checkpoints: Path, **arguments: Any) -> dict[str, np.ndarray]:
    """Train with checkpoints, and return all weights."""
    from kbert import RunCheckpoint, create_optimizer
    from kbert.models.variables import to_arrays

    model = tiny_model(folder)
    plan, batches = plan_and_batches(model, "recommended")
    model.compile(create_optimizer(plan), metrics=["accuracy"])
    checkpoint = RunCheckpoint(checkpoints, plan, every_steps=CHECK_INTERVAL, keep=99, **arguments)
    model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=[checkpoint])
    assert int(model.optimizer.iterations) == 20
    return to_arrays(model.weights)


def work(backend: str, folder: Path, *begun_on: str) -> None:
    """Do one backend's part: train, unless it has already; and resume the runs of others."""
    from kbert.backend.choose_backend import choose_backend, import_keras
    from kbert.checkpoints.checkpoint_store import CheckpointStore

    choose_backend(backend)
    import_keras()
    if not (folder / backend).exists():
        save_file(fit(folder, folder / backend), folder / f"{backend}.safetensors")
    for begun in begun_on:
        own = shutil.copytree(folder / begun, folder / f"{begun}-{backend}")
        store = CheckpointStore(own)
        inside = next(
            path.name for path in store.committed() if path.name.endswith("epoch-1-batch-3")
        )
        store.rewind_to(store.named(inside), None)
        save_file(fit(folder, own, resume=True), folder / f"{begun}-{backend}.safetensors")


def measure(
    folder: Path, cases: Sequence[tuple[str, str]] = CASES
) -> dict[tuple[str, str], dict[str, float]]:
    """Return, for pairs of backends, the greatest differences by kind of weight."""
    save_file(initial_weights(), folder / WEIGHTS)
    # A process does all that is possible by then, as its imports take as long as its training.
    begun: list[str] = []
    left = list(cases)
    for backend in ORDER * 2:
        now = [case for case in left if case[1] == backend and case[0] in (*begun, backend)]
        if now or backend not in begun:
            run_alone("tests.parity.resumption", backend, folder, *(case[0] for case in now))
        begun.append(backend)
        left = [case for case in left if case not in now]
    found = {}
    for begun, resumed in cases:
        one = load_file(folder / f"{begun}.safetensors")
        other = load_file(folder / f"{begun}-{resumed}.safetensors")
        kinds = {"weights recommended": 0.0, "key biases recommended": 0.0}
        for name, array in one.items():
            kind = f"{'key biases' if name.endswith('/key/bias') else 'weights'} recommended"
            kinds[kind] = max(kinds[kind], float(np.abs(array - other[name]).max()))
        found[begun, resumed] = kinds
    return found


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    print(f"{'begun on':<12}{'resumed on':<12}{'weights':>10}{'key biases':>12}")
    for (begun, resumed), kinds in found.items():
        shown = [f"{value:.1e}" if value else "equal bits" for value in kinds.values()]
        print(f"{begun:<12}{resumed:<12}{shown[0]:>10}{shown[1]:>12}")
    print(f"bounds      {'':<12}" + "".join(f"{BOUNDS[k]:>10.0e}  " for k in kinds))


if __name__ == "__main__":
    if len(sys.argv) > 1:
        work(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
    else:
        main()
