"""Training on a file that is sorted by class: keras-hub's fit, a shuffle buffer, and kbert.

The weights (MiniLM), the number of steps and the learning rates are the same; only the order of the
rows differs. Prints the dev accuracy after each epoch:

    python -m benchmarks.sorted_rows TRAIN DEV --text COLUMN --label COLUMN
"""

import argparse
import json
from typing import Any

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process, keras_hub_classifier

SIDES = ("keras-hub, file order", "keras-hub, tf.data shuffle(100)", "kbert")


def measure(side: str, options: argparse.Namespace) -> list[float]:
    """Return the dev accuracy after each epoch."""
    import keras

    import kbert

    keras.utils.set_random_seed(0)
    reading = {"text": options.text, "label": options.label}
    train = kbert.read_examples(options.train, **reading)
    dev = kbert.read_examples(options.dev, labels=train.labels, **reading)
    plan = kbert.TrainingPlan(len(train), options.batch_size, options.epochs, options.learning_rate)
    optimizer = kbert.create_optimizer(plan)
    if side == "kbert":
        model = kbert.BertClassifier.from_preset(
            "minilm", train.labels, max_length=options.max_length
        )
        model.compile(optimizer=optimizer)
        evaluation = kbert.EpochEvaluation(dev=model.batches(dev), verbose=0)
        model.fit(model.batches(train, plan), epochs=plan.epochs, verbose=0, callbacks=[evaluation])
        return [result["dev"].accuracy for result in evaluation.evaluations]
    return keras_hub_accuracies(side, options, train, dev, optimizer)


def keras_hub_accuracies(
    side: str, options: argparse.Namespace, train: Any, dev: Any, optimizer: Any
) -> list[float]:
    import keras
    import tensorflow as tf

    model = keras_hub_classifier(len(train.labels), options.max_length)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
    data = tf.data.Dataset.from_tensor_slices((list(train.texts), train.label_ids))
    if "shuffle" in side:
        data = data.shuffle(100, seed=0)
    history = model.fit(
        data.batch(options.batch_size),
        validation_data=(np.array(list(dev.texts)), dev.label_ids),
        epochs=options.epochs,
        verbose=0,
    )
    return [float(value) for value in history.history["val_accuracy"]]


def main() -> None:
    """Print the table, or one side's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train")
    parser.add_argument("dev")
    parser.add_argument("--text")
    parser.add_argument("--label")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--max-length", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=1e-4)
    parser.add_argument("--backend", choices=BACKENDS, default="tensorflow")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(options.side, options)))
        return
    flags = [options.train, options.dev]
    for name in ("text", "label", "epochs", "batch_size", "max_length", "learning_rate"):
        if getattr(options, name) is not None:
            flags += [f"--{name.replace('_', '-')}", getattr(options, name)]
    print(f"dev accuracy after each of {options.epochs} epochs, {options.backend}")
    for side in SIDES:
        values = in_a_process("sorted_rows", options.backend, *flags, "--side", side)
        print(f"  {side:<34}" + "".join(f"{value:>8.4f}" for value in values), flush=True)


if __name__ == "__main__":
    main()
