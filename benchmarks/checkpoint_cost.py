"""The cost of checkpoints: epochs of MiniLM without any, with one per epoch, one per 20 steps.

On each backend, the three variants take turns in one process, one epoch each, so that other load
on the machine affects all of them:

    python -m benchmarks.checkpoint_cost
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, MAX_LENGTHS, read_rows

DATA = "rotten_tomatoes"
WAYS = ("none", "one per epoch", "every 20 steps")


def measure(rows: int, turns: int) -> dict[str, float]:
    """Return the median seconds of an epoch in each variant, and the megabytes of a checkpoint."""
    from kbert import (
        BertClassifier,
        Examples,
        Labels,
        RunCheckpoint,
        TrainingPlan,
        create_optimizer,
    )

    texts, labels = read_rows(DATA, rows)
    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset("minilm", names, max_length=MAX_LENGTHS[DATA])
    plan = TrainingPlan(rows, BATCH, 1 + len(WAYS) * turns)
    batches = model.batches(Examples(texts, label_ids=labels, labels=names), plan)
    model.compile(optimizer=create_optimizer(plan))
    with tempfile.TemporaryDirectory() as folder:
        callbacks: dict[str, list[RunCheckpoint]] = {
            "none": [],
            "one per epoch": [RunCheckpoint(Path(folder) / "a", plan)],
            "every 20 steps": [RunCheckpoint(Path(folder) / "b", plan, every_steps=20)],
        }
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        model.fit(batches, epochs=1, verbose=0)  # compiles
        for _ in range(turns):
            for way in WAYS:
                batches.epoch = 1  # the same batches in every variant
                started = time.perf_counter()
                model.fit(batches, epochs=1, verbose=0, callbacks=callbacks[way])
                seconds[way].append(time.perf_counter() - started)
        last = callbacks["every 20 steps"][0].store.last()
        assert last is not None
        size = sum(file.stat().st_size for file in last.iterdir()) / 1e6
    return {**{way: float(np.median(s)) for way, s in seconds.items()}, "megabytes": size}


def main() -> None:
    """Measure one backend in this process, or all of them in processes of their own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--here", action="store_true")
    parser.add_argument("--rows", type=int, default=1600)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--backends", nargs="+", default=BACKENDS, choices=BACKENDS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.rows, options.turns)))
        return
    print(f"MiniLM, {options.rows} rows, batch {BATCH}: seconds per epoch, and the ratio to none")
    print(f"{'backend':<12}{'none':>8}{'one per epoch':>20}{'every 20 steps':>20}{'MB each':>10}")
    size = ["--rows", str(options.rows), "--turns", str(options.turns)]
    for backend in options.backends:
        found = in_a_process("checkpoint_cost", backend, "--here", *size)
        none, *others = (found[way] for way in WAYS)
        shown = "".join(f"{value:>12.1f} ({value / none:.2f})" for value in others)
        print(f"{backend:<12}{none:>8.1f}{shown}{found['megabytes']:>10.0f}", flush=True)


if __name__ == "__main__":
    main()
