"""Training speed of one side of the comparison in training_table.py, as a line of JSON.

    KERAS_BACKEND=torch python -m benchmarks.training_speed --rows 960 --side kbert

Fine-tunes MiniLM, or the model of `--preset`, on film reviews with batches of 32, and prints the
examples per second of the epochs after the first, which traces and compiles.
"""

import argparse
import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc

from benchmarks.memory_use import forget_peak, held_mb, peak_mb
from benchmarks.models import has_weights
from benchmarks.sides import keras_hub_classifier
from kbert.backend.peak_memory import peak_memory
from kbert.cli.demo_data import read_movie_reviews

BATCH, EPOCHS, LEARNING_RATE = 32, 3, 5e-5
MAX_LENGTHS = {"rotten_tomatoes": 64, "imdb": 256}
FULL = {"full": 128}  # reviews that are cut: every row has this many tokens
LENGTHS = {**MAX_LENGTHS, **FULL}


def read_rows(data: str, rows: int) -> tuple[list[str], np.ndarray]:
    """Return the texts and the labels of a random choice of rows, the same one each time."""
    table = read_movie_reviews("imdb" if data in FULL else data)
    if data in FULL:  # a word is one token or several
        words = pc.list_value_length(pc.utf8_split_whitespace(table["text"]))
        table = table.filter(pc.greater_equal(words, FULL[data]))
    table = table.take(np.random.default_rng(0).permutation(table.num_rows)[:rows])
    return table["text"].to_pylist(), table["label"].to_numpy().astype(np.int32)


def write_rows(path: Path, data: str, rows: int) -> None:
    """Write such rows to a CSV file that `kbert train` reads."""
    texts, labels = read_rows(data, rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(
            (text, "positive" if label else "negative")
            for text, label in zip(texts, labels, strict=True)
        )


def time_fit(fit: Any, rows: int) -> dict[str, float]:
    """Return the examples per second after the first epoch, the cores busy then, and memory."""
    import keras

    forget_peak()
    loaded = held_mb()
    ends: list[tuple[float, float]] = []

    class Clock(keras.callbacks.Callback):  # without batch hooks, `fit` need not wait
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            ends.append((time.perf_counter(), time.process_time()))

    fit(epochs=EPOCHS, verbose=0, callbacks=[Clock()])
    (wall, cpu), (last_wall, last_cpu) = ends[0], ends[-1]
    seconds = last_wall - wall
    return {
        "speed": (EPOCHS - 1) * rows / seconds,
        "busy_cores": (last_cpu - cpu) / seconds,
        "loaded_mb": loaded,
        "peak_mb": peak_mb(),
        "device_mb": peak_memory(keras.backend.backend()).get("device_memory", 0) / 1e6,
    }


def kbert_speed(
    texts: list[str],
    labels: np.ndarray,
    max_length: int,
    gradient_checkpointing: bool = False,
    preset: str = "minilm",
) -> dict[str, Any]:
    """Time `BertClassifier.fit` on `Batches`; a folder without weights gets random ones."""
    import keras

    from kbert import BertClassifier, Examples, Labels, TrainingPlan, create_optimizer

    names = Labels(("negative", "positive"))
    model = BertClassifier.from_preset(
        preset,
        names,
        max_length=max_length,
        dtype=keras.config.dtype_policy(),
        pretrained=has_weights(preset),
        pooling="cls",
    )
    model.gradient_checkpointing = gradient_checkpointing
    plan = TrainingPlan(len(texts), BATCH, EPOCHS, LEARNING_RATE)
    batches = model.batches(Examples(texts, label_ids=labels, labels=names), plan)
    model.compile(optimizer=create_optimizer(plan))
    timed = time_fit(lambda **options: model.fit(batches, **options), len(texts))
    mean_length = float(batches.store.lengths.mean())
    return {
        **timed,
        "real_tokens": batches.real_tokens(),
        "mean_length": mean_length,
        "packed": batches.order == "packed",
    }


def keras_hub_speed(texts: list[str], labels: np.ndarray, max_length: int) -> dict[str, float]:
    """Time `keras_hub.models.BertTextClassifier.fit` on the same strings."""
    import keras

    model = keras_hub_classifier(classes=2, max_length=max_length)
    model.compile(
        optimizer=keras.optimizers.AdamW(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    timed = time_fit(
        lambda **options: model.fit(texts, labels, batch_size=BATCH, **options), len(texts)
    )
    mask = np.asarray(model.preprocessor(texts)["padding_mask"])
    return {**timed, "real_tokens": float(mask.mean())}


def set_precision(precision: str) -> None:
    """Let models compute in a precision from now on; their weights stay float32."""
    import keras

    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")


SIDES = ("kbert", "keras-hub")


def main() -> None:
    """Train, and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=960)
    parser.add_argument("--data", choices=LENGTHS, default="rotten_tomatoes")
    parser.add_argument("--preset", default="minilm", help="of kbert")
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--side", choices=SIDES, required=True)
    parser.add_argument("--gradient-checkpointing", action="store_true", help="of kbert")
    options = parser.parse_args()
    set_precision(options.precision)
    measured = (*read_rows(options.data, options.rows), LENGTHS[options.data])
    if options.side == "kbert":
        found = kbert_speed(*measured, options.gradient_checkpointing, options.preset)
    else:
        found = keras_hub_speed(*measured)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
