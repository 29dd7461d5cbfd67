"""Training speed: kbert compared with keras-hub's own fit, on each backend.

Fine-tunes MiniLM on Rotten Tomatoes with batches of 32 and at most 64 tokens, each side in its own
process, one at a time and taking turns, and prints the examples per second of the second epoch; the
first one traces and compiles. The ratio matters more than the figures, which depend on the machine
and on its other load.
"""

import argparse
import json
import time

import numpy as np

from benchmarks.sides import BACKENDS, in_a_process, keras_hub_classifier
from kbert.cli.demo_data import read_movie_reviews

BATCH, MAX_LENGTH, EPOCHS, LEARNING_RATE = 32, 64, 2, 5e-5


def read_rows(rows: int) -> tuple[list[str], np.ndarray]:
    """Return the texts and the labels of a random choice of rows, the same one each time."""
    table = read_movie_reviews("rotten_tomatoes")
    table = table.take(np.random.default_rng(0).permutation(table.num_rows)[:rows])
    return table["text"].to_pylist(), table["label"].to_numpy().astype(np.int32)


def time_fit(fit, rows: int) -> float:
    """Return the examples per second of the last epoch, from the end of the one before it."""
    import keras

    ends = []
    clock = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter())
    )
    fit(epochs=EPOCHS, verbose=0, callbacks=[clock])
    return rows / (ends[-1] - ends[-2])


def kbert_speed(texts: list[str], labels: np.ndarray) -> dict[str, float]:
    """Time `BertClassifier.fit` on `Batches`."""
    import keras

    from kbert import BertClassifier, Examples, Labels, TrainingPlan, create_optimizer

    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset(
        "minilm", names, max_length=MAX_LENGTH, dtype=keras.config.dtype_policy()
    )
    plan = TrainingPlan(len(texts), BATCH, EPOCHS, LEARNING_RATE)
    batches = model.batches(Examples(texts, label_ids=labels, labels=names), plan)
    model.compile(optimizer=create_optimizer(plan))
    speed = time_fit(lambda **options: model.fit(batches, **options), len(texts))
    return {"speed": speed, "real_tokens": batches.real_tokens()}


def keras_hub_speed(texts: list[str], labels: np.ndarray) -> dict[str, float]:
    """Time `keras_hub.models.BertTextClassifier.fit` on the same strings."""
    import keras

    model = keras_hub_classifier(classes=2, max_length=MAX_LENGTH)
    model.compile(
        optimizer=keras.optimizers.AdamW(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    speed = time_fit(
        lambda **options: model.fit(texts, labels, batch_size=BATCH, **options), len(texts)
    )
    mask = np.asarray(model.preprocessor(texts)["padding_mask"])
    return {"speed": speed, "real_tokens": float(mask.mean())}


SIDES = {"kbert": kbert_speed, "keras-hub": keras_hub_speed}


def main() -> None:
    """Print the table, or as one side its numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1600)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.side:
        import keras

        keras.config.set_dtype_policy(
            "mixed_bfloat16" if options.precision == "bfloat16" else "float32"
        )
        print(json.dumps(SIDES[options.side](*read_rows(options.rows))))
        return
    print(
        f"MiniLM, {options.rows:,} rows, batch {BATCH}, max length {MAX_LENGTH}, "
        f"{options.precision}; second epoch, examples/s (real tokens)"
    )
    print(f"{'backend':<12}{'kbert':>16}{'keras-hub':>16}{'ratio':>8}")
    for backend in options.backends:
        flags = ("--rows", options.rows, "--precision", options.precision)
        measured = {
            side: in_a_process("training_speed", backend, "--side", side, *flags) for side in SIDES
        }
        cells = [f"{m['speed']:.1f} ({m['real_tokens']:.0%})" for m in measured.values()]
        ratio = measured["kbert"]["speed"] / measured["keras-hub"]["speed"]
        print(f"{backend:<12}{cells[0]:>16}{cells[1]:>16}{ratio:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
