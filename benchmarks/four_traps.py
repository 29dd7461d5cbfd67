"""The four traps of run_classifier.py: what plain Keras does, what kbert reports and does.

MiniLM on a few hundred film reviews sorted by class, on each backend in its own process:

    python -m benchmarks.four_traps

1. A schedule for two epochs, but a fit of four: what the last two epochs change.
2. A second fit of a model trained to the end of its schedule: what it changes.
3. keras-hub's fit on the rows in file order, and through tf.data's shuffle(100): dev accuracy.
4. Rebuilding and reloading the model for every evaluation, as the Estimator did: seconds.
"""

import argparse
import contextlib
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process, keras_hub_classifier
from kbert.cli.demo_data import read_movie_reviews

TRAIN, DEV, MAX_LENGTH, BATCH, RATE = 320, 200, 32, 16, 1e-4
TRAPS = ("epochs beyond the plan", "second training", "sorted rows", "evaluation")


def read_sets() -> tuple[Any, Any]:
    """Return a training set sorted by class, and a dev set."""
    import kbert

    table = read_movie_reviews("rotten_tomatoes")
    texts, labels = table["text"].to_pylist(), table["label"].to_numpy()
    rng = np.random.default_rng(0)
    rows = rng.permutation(len(labels))[: TRAIN + DEV]
    train, dev = rows[:TRAIN], rows[TRAIN:]
    train = train[np.argsort(labels[train], kind="stable")]
    names = kbert.Labels(("negative", "positive"))
    make = lambda part: kbert.Examples(  # noqa: E731
        [texts[row] for row in part], label_ids=labels[part].astype(np.int32), labels=names
    )
    return make(train), make(dev)


def new_model() -> Any:
    """Return the untrained classifier, always the same one."""
    import keras

    import kbert

    keras.utils.set_random_seed(0)
    return kbert.BertClassifier.from_preset(
        "minilm", ["negative", "positive"], max_length=MAX_LENGTH
    )


def greatest_change(before: list[np.ndarray], after: list[np.ndarray]) -> float:
    """Return the greatest change of a weight."""
    return max(float(np.abs(a - b).max()) for a, b in zip(before, after, strict=True))


def refusal(call: Any) -> str:
    """Return why kbert refuses a call, or "nothing"."""
    import kbert

    try:
        call()
    except kbert.FindingsError as error:
        return error.findings[0].message
    return "nothing"


def epochs_beyond_the_plan(train: Any, dev: Any) -> dict[str, str]:
    import kbert

    model = new_model()
    plan = kbert.TrainingPlan(len(train), BATCH, 2, RATE)
    model.compile(optimizer=kbert.create_optimizer(plan))
    batches = model.batches(train, plan)
    guard = kbert.PlanGuard(plan, verbose=0)
    reported = refusal(lambda: model.fit(batches, epochs=4, verbose=0, callbacks=[guard]))
    model.fit(batches, epochs=2, verbose=0)
    before, started = model.get_weights(), time.perf_counter()
    model.fit(batches, epochs=4, initial_epoch=2, verbose=0)
    seconds = time.perf_counter() - started
    plain = f"changed no weight by more than {greatest_change(before, model.get_weights()):g}"

    model = new_model()
    plan = kbert.TrainingPlan(len(train), BATCH, 4, RATE)
    model.compile(optimizer=kbert.create_optimizer(plan))
    guard = kbert.PlanGuard(plan, verbose=0)
    model.fit(batches, epochs=2, verbose=0, callbacks=[kbert.PlanGuard(plan, verbose=0)])
    before = model.get_weights()
    model.fit(batches, epochs=4, initial_epoch=2, verbose=0, callbacks=[guard])
    return {
        "plain": f"epochs 3 and 4 {plain}, in {seconds:.0f} s",
        "reported": reported,
        "kbert": "with a plan for 4, epochs 3 and 4 changed weights by up to "
        f"{greatest_change(before, model.get_weights()):.2g}",
    }


def second_training(train: Any, dev: Any) -> dict[str, str]:
    import kbert

    model = new_model()
    plan = kbert.TrainingPlan(len(train), BATCH, 1, RATE)
    model.compile(optimizer=kbert.create_optimizer(plan))
    batches = model.batches(train, plan)
    model.fit(batches, verbose=0)
    before = model.get_weights()
    again = kbert.PlanGuard(plan, verbose=0)
    reported = refusal(lambda: model.fit(batches, verbose=0, callbacks=[again]))
    model.fit(batches, verbose=0)
    plain = greatest_change(before, model.get_weights())
    losses = [model.evaluate(batches, verbose=0)]
    model.fit(batches, verbose=0, callbacks=[kbert.FreshOptimizer(plan)])
    losses.append(model.evaluate(batches, verbose=0))
    change = greatest_change(before, model.get_weights())
    return {
        "plain": f"changed no weight by more than {plain:g}",
        "reported": reported,
        "kbert": f"with FreshOptimizer changed weights by up to {change:.2g}; training loss "
        f"{losses[0]:.3f} -> {losses[1]:.3f}",
    }


def sorted_rows(train: Any, dev: Any) -> dict[str, str]:
    import keras
    import tensorflow as tf

    import kbert

    plan = kbert.TrainingPlan(len(train), BATCH, 3, RATE)
    accuracies = []
    for buffer in (1, 100):
        keras.utils.set_random_seed(0)
        model = keras_hub_classifier(2, MAX_LENGTH)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(kbert.create_optimizer(plan), loss=loss, metrics=["accuracy"])
        data = tf.data.Dataset.from_tensor_slices((list(train.texts), train.label_ids))
        data = data.shuffle(buffer, seed=0) if buffer > 1 else data
        model.fit(data.batch(BATCH), epochs=plan.epochs, verbose=0)
        texts = np.array(list(dev.texts))
        accuracies.append(model.evaluate(texts, dev.label_ids, verbose=0)[1])
    reported = next(f for f in kbert.inspect_examples(train).findings if f.code == "class-sorted")
    model = new_model()
    model.compile(optimizer=kbert.create_optimizer(plan))
    evaluation = kbert.EpochEvaluation(dev=model.batches(dev), verbose=0)
    batches = model.batches(train, plan)
    model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=[evaluation])
    return {
        "plain": f"dev accuracy {accuracies[0]:.3f} in file order, {accuracies[1]:.3f} through "
        "shuffle(100)",
        "reported": reported.message,
        "kbert": f"dev accuracy {evaluation.evaluations[-1]['dev'].accuracy:.3f} in the same steps",
    }


def evaluation(train: Any, dev: Any) -> dict[str, str]:
    import keras

    import kbert

    model = new_model()
    plan = kbert.TrainingPlan(len(train), BATCH, 3, RATE)
    model.compile(optimizer=kbert.create_optimizer(plan))
    batches, seconds = model.batches(dev), []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.weights.h5"
        for _ in range(3):
            started = time.perf_counter()
            model.save_weights(file)
            rebuilt = new_model()
            rebuilt.load_weights(file)
            rebuilt.compile(optimizer=kbert.create_optimizer(plan), metrics=["accuracy"])
            rebuilt.evaluate(batches, verbose=0)
            seconds.append(time.perf_counter() - started)

    class Timed(kbert.EpochEvaluation):
        """An evaluation that measures its own time."""

        seconds: list[float] = []  # noqa: RUF012

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            started = time.perf_counter()
            super().on_epoch_end(epoch, logs)
            self.seconds.append(time.perf_counter() - started)

    timed = Timed(dev=batches, verbose=0)
    keras.utils.set_random_seed(0)
    model.fit(model.batches(train, plan), epochs=plan.epochs, verbose=0, callbacks=[timed])
    return {
        "plain": f"{np.median(seconds):.1f} s per evaluation, with the model rebuilt",
        "reported": "nothing: there is nothing to fix",
        "kbert": f"{np.median(timed.seconds):.1f} s per evaluation, inside fit",
    }


MEASURES = dict(
    zip(TRAPS, (epochs_beyond_the_plan, second_training, sorted_rows, evaluation), strict=True)
)


def main() -> None:
    """Print the table, or the cells of one trap."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--trap", choices=TRAPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.trap:
        with contextlib.redirect_stdout(None):
            cells = MEASURES[options.trap](*read_sets())
        print(json.dumps(cells))
        return
    for trap in TRAPS:
        print(trap)
        for backend in options.backends:
            cells = in_a_process("four_traps", backend, "--trap", trap)
            print(f"  {backend}")
            for name, title in (
                ("plain", "plain Keras"),
                ("reported", "kbert reports"),
                ("kbert", "kbert"),
            ):
                print(f"    {title:<13} {cells[name]}", flush=True)


if __name__ == "__main__":
    main()
