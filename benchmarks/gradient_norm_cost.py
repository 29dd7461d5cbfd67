"""The cost of the gradient norm in learning_rate.csv: two models take turns, on each backend.

    python -m benchmarks.gradient_norm_cost

Both clip the gradient norm and write a row for each step; one optimizer keeps the norm in a
variable, and the other has no such variable. They take turns in one process, one epoch each. The
first two epochs of each, which compile, do not count.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, MAX_LENGTHS, read_rows

DATA = "rotten_tomatoes"
_WARM = 2  # epochs that do not count


def measure(rows: int, epochs: int) -> dict[str, float]:
    """Return the ratio of epoch times with and without the norm: medians and minima."""
    import keras

    from kbert import (
        BertClassifier,
        Examples,
        Labels,
        LearningRateLogger,
        TrainingPlan,
        create_optimizer,
    )

    texts, labels = read_rows(DATA, rows)
    names = Labels(("negative", "positive"))
    examples = Examples(texts, label_ids=labels, labels=names)
    plan = TrainingPlan(rows, BATCH, epochs)
    sides = []
    for keeps in (True, False):
        keras.utils.set_random_seed(0)
        model = BertClassifier.from_preset("minilm", names, max_length=MAX_LENGTHS[DATA])
        optimizer: Any = create_optimizer(plan)
        if not keeps:
            _leave_out_norm(optimizer)
        model.compile(optimizer=optimizer)
        sides.append((model, model.batches(examples, plan)))
    seconds: tuple[list[float], list[float]] = ([], [])
    with tempfile.TemporaryDirectory() as folder:
        for epoch in range(epochs):
            for at in (0, 1) if epoch % 2 else (1, 0):
                model, batches = sides[at]
                logger = LearningRateLogger(Path(folder, f"{at}.csv"))
                started = time.perf_counter()
                model.fit(batches, epochs=1, verbose=0, callbacks=[logger])
                seconds[at].append(time.perf_counter() - started)
    kept, left_out = (np.array(found[_WARM:]) for found in seconds)
    return {
        "median": float(np.median(kept) / np.median(left_out)),
        "least": float(kept.min() / left_out.min()),
    }


def _leave_out_norm(optimizer: Any) -> None:
    """Keep an optimizer from creating a variable for the norm; it still clips the norm."""
    build = optimizer.build

    def build_without(variables: Any) -> None:
        optimizer.gradient_norm = False  # not None, so that no variable is made
        build(variables)
        optimizer.gradient_norm = None

    optimizer.build = build_without


def main() -> None:
    """Print the table, or one backend's numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.epochs <= _WARM:
        parser.error(f"--epochs must be above {_WARM}: the first ones do not count")
    if options.here:
        print(json.dumps(measure(options.rows, options.epochs)))
        return
    print("| backend | median epoch, with / without | shortest epoch, with / without |")
    print("|---|---|---|")
    for backend in options.backends:
        flags = ("--here", "--rows", options.rows, "--epochs", options.epochs)
        found = in_a_process("gradient_norm_cost", backend, *flags)
        print(f"| {backend} | {found['median']:.3f} | {found['least']:.3f} |", flush=True)


if __name__ == "__main__":
    main()
