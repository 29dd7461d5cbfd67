"""A predictor on several devices predicts as on one device; Keras has no such engine for torch.

It runs in its own process, whose processor JAX or TensorFlow divides into several devices.
"""

import csv
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

BACKEND = keras.backend.backend()
pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(BACKEND == "torch", reason="Keras has no data parallel on torch"),
]
DEVICES = 4
LABELS = ("bad", "good", "neither")
WORDS = ("a", "good", "bad", "film", "story", "that", "is", "told", "well", "badly", "and", "long")
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS)
WORK = """
import contextlib, json, sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
file, rows, folder, devices = json.loads(sys.argv[1])
from kbert.backend.choose_backend import choose_backend, import_keras
if choose_backend() == "tensorflow":
    import tensorflow as tf
    processor = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * devices
    tf.config.set_logical_device_configuration(processor, parts)
import_keras()
import keras
from kbert import Predictor, read_examples
from kbert.backend.devices import batch_share, on_devices_of
from kbert.cli.main import main

texts = read_examples(rows).texts
predictor = Predictor.load(file, devices="all")
left = keras.distribution.distribution() is None
with ThreadPoolExecutor(1) as server:
    several = server.submit(predictor.predict_proba, texts, None, 10).result()
with on_devices_of(predictor.model):
    shared = batch_share(predictor.model).devices
alone = Predictor.load(file).predict_proba(texts, batch_size=10)
np.savez(f"{folder}/found.npz", several=several, alone=alone, shared=shared, left=left)
for verb in (["predict", "-o", f"{folder}/labelled.csv"], ["evaluate", "--json"]):
    with contextlib.suppress(SystemExit):
        main([verb[0], file, rows, *verb[1:], "--devices", str(devices), "--batch-size", "10"])
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """The folder with the results of the process, and its output."""
    from kbert import BertClassifier, Tokenizer

    folder = tmp_path_factory.mktemp("devices")
    sizes = {"vocabulary_size": len(VOCABULARY), "num_layers": 1, "num_heads": 2}
    sizes |= {"hidden_dim": 16, "intermediate_dim": 32, "max_sequence_length": 16}
    keras.utils.set_random_seed(1)
    model = BertClassifier(sizes, LABELS, Tokenizer(VOCABULARY), max_length=16)
    file, rows = folder / "model.keras", folder / "rows.csv"
    model.save(file)
    random = np.random.default_rng(0)
    with rows.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["text", "label"])
        for length in random.integers(2, 12, 21):  # batches of 10, 10 and 1
            writer.writerow([" ".join(random.choice(WORDS, length)), random.choice(LABELS)])
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count={DEVICES}"
    done = subprocess.run(
        [sys.executable, "-c", WORK, json.dumps([str(file), str(rows), str(folder), DEVICES])],
        env={**os.environ, "XLA_FLAGS": flags, "KERAS_BACKEND": BACKEND},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder, done.stdout


def test_any_thread_predicts_on_the_devices_of_the_predictor(work):
    found = np.load(work[0] / "found.npz")
    assert found["shared"] == DEVICES
    assert found["left"]  # what is built later is on one device
    assert found["several"].shape == (21, 3)
    np.testing.assert_allclose(found["several"], found["alone"], atol=2e-6)


def test_the_command_line_predicts_and_evaluates_on_all_devices(work):
    folder, printed = work
    alone = np.load(folder / "found.npz")["alone"]
    with (folder / "labelled.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    written = [[float(row[f"p({name})"]) for name in LABELS] for row in rows]
    np.testing.assert_allclose(written, alone, atol=1e-4)
    predicted = [LABELS.index(row["predicted_label"]) for row in rows]
    assert predicted == alone.argmax(axis=1).tolist()
    scores = json.loads(printed[printed.index("{") :])
    right = [row["predicted_label"] == row["label"] for row in rows]
    assert scores["accuracy"] == pytest.approx(np.mean(right))
