"""The evaluation after each epoch against pure inference on the same rows.

    KERAS_BACKEND=torch python -m benchmarks.evaluation_cost

Pure inference is a loop of `predict_on_batch` over the same batches, sorted by length and ready in
memory, before and after the fit. The first epoch compiles; the others must not, and the table
counts it.
"""

import argparse
import statistics
import time
from typing import Any

import numpy as np

from benchmarks.training_speed import BATCH, MAX_LENGTHS, read_rows
from kbert import (
    Batches,
    BertClassifier,
    EpochEvaluation,
    Examples,
    Labels,
    TrainingPlan,
    create_optimizer,
)

EPOCHS = 4


class TimedEvaluation(EpochEvaluation):
    """An `EpochEvaluation` that notes how long it takes, and what is compiled meanwhile."""

    def on_train_begin(self, logs: Any = None) -> None:
        self.seconds: list[float] = []
        self.compiled: list[int] = []
        super().on_train_begin(logs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        before, started = compilations(self.model), time.perf_counter()
        super().on_epoch_end(epoch, logs)
        self.seconds.append(time.perf_counter() - started)
        self.compiled.append(compilations(self.model) - before)


def compilations(model: Any) -> int:
    """Return how often the prediction has been traced or compiled."""
    function = model.predict_function
    for name in ("experimental_get_tracing_count", "_cache_size"):
        inner = function
        while inner is not None and not hasattr(inner, name):
            inner = getattr(inner, "__wrapped__", None)
        if inner is not None:
            return int(getattr(inner, name)())
    return 0  # torch runs step by step


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=640, help="to evaluate, and half to train on")
    parser.add_argument("--data", choices=MAX_LENGTHS, default="rotten_tomatoes")
    options = parser.parse_args()
    texts, labels = read_rows(options.data, options.rows)
    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset("minilm", names, max_length=MAX_LENGTHS[options.data])
    training = options.rows // 2
    plan = TrainingPlan(training, BATCH, EPOCHS)
    train, dev = (
        Examples(texts[:n], label_ids=labels[:n].astype(np.int32), labels=names)
        for n in (training, options.rows)
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
    pure, evaluated = statistics.median(inferred), statistics.median(evaluation.seconds[1:])
    print(
        f"pure inference: {pure:.2f} s, evaluation: {evaluated:.2f} s, ratio {evaluated / pure:.2f}"
    )
    print(f"compiled after each epoch: {', '.join(map(str, evaluation.compiled))}")


if __name__ == "__main__":
    main()
