"""The evaluation after each epoch against pure inference on the same rows.

    python -m benchmarks.evaluation_cost

Pure inference is a loop of `predict_on_batch` over the same batches, sorted by length and ready in
memory, before and after the fit. The first epoch compiles; the others must not, and the table
counts the compilations. Each backend is measured in a process of its own.
"""

import argparse
import json
import statistics
import time
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, MAX_LENGTHS, read_rows

EPOCHS = 4


def compilations(model: Any) -> int:
    """Return how often the predict function has been traced or compiled."""
    function = model.predict_function
    for name in ("experimental_get_tracing_count", "_cache_size"):
        inner = function
        while inner is not None and not hasattr(inner, name):
            inner = getattr(inner, "__wrapped__", None)
        if inner is not None:
            return int(getattr(inner, name)())
    return 0  # torch runs eagerly


def measure(data: str, rows: int) -> dict[str, Any]:
    """Return the seconds of both, and how often each epoch's evaluation compiled."""
    from kbert import (
        Batches,
        BertClassifier,
        EpochEvaluation,
        Examples,
        Labels,
        TrainingPlan,
        create_optimizer,
    )

    class TimedEvaluation(EpochEvaluation):
        """An `EpochEvaluation` that records its time and the number of compilations meanwhile."""

        def on_train_begin(self, logs: Any = None) -> None:
            self.seconds: list[float] = []
            self.compiled: list[int] = []
            super().on_train_begin(logs)

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            before, started = compilations(self.model), time.perf_counter()
            super().on_epoch_end(epoch, logs)
            self.seconds.append(time.perf_counter() - started)
            self.compiled.append(compilations(self.model) - before)

    texts, labels = read_rows(data, rows)
    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset("minilm", names, max_length=MAX_LENGTHS[data], pooling="cls")
    training = rows // 2
    plan = TrainingPlan(training, BATCH, EPOCHS)
    train, dev = (
        Examples(texts[:n], label_ids=labels[:n].astype(np.int32), labels=names)
        for n in (training, rows)
    )
    batches = model.batches(dev, batch_size=BATCH)
    sorted_batches = Batches(
        batches.store, BATCH, order="length", pad_id=batches.pad_id, few_shapes=batches.few_shapes
    )
    ready = [sorted_batches[index][0] for index in range(len(sorted_batches))]

    def infer() -> float:
        started = time.perf_counter()
        for batch in ready:
            model.predict_on_batch(batch)
        return time.perf_counter() - started

    model.compile(optimizer=create_optimizer(plan))
    infer()
    inferred = [infer() for _ in range(3)]
    evaluation = TimedEvaluation(dev=batches, verbose=0)
    model.fit(
        model.batches(train, plan), epochs=EPOCHS, verbose=0, callbacks=[evaluation], shuffle=False
    )
    inferred += [infer() for _ in range(3)]
    return {
        "inference": statistics.median(inferred),
        "evaluation": statistics.median(evaluation.seconds[1:]),
        "compiled": evaluation.compiled,
    }


def main() -> None:
    """Print the table, or one backend's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=640, help="to evaluate, and half to train on")
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=["rotten_tomatoes"])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        print(json.dumps(measure(options.data[0], options.rows)))
        return
    print("| texts | backend | inference | evaluation | ratio | compiled after each epoch |")
    print("|---|---|---|---|---|---|")
    for data in options.data:
        for backend in options.backends:
            flags = ("--alone", "--data", data, "--rows", options.rows)
            found = in_a_process("evaluation_cost", backend, *flags)
            pure, evaluated = found["inference"], found["evaluation"]
            print(
                f"| {data} | {backend} | {pure:.2f} s | {evaluated:.2f} s | "
                f"{evaluated / pure:.2f} | {', '.join(map(str, found['compiled']))} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
