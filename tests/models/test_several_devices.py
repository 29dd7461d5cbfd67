"""A classifier on one device and on several: the same weights, losses and predictions.

Each number of devices has a process of its own, whose processor JAX or TensorFlow divides into
several devices. torch has no such engine in Keras.
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

WORK = """
import json, sys
import numpy as np
folder, preset, vocabulary, devices, cases = json.loads(sys.argv[1])
from kbert.backend.choose_backend import choose_backend
if choose_backend() == "tensorflow":
    import tensorflow as tf
    processor = tf.config.list_physical_devices("CPU")[0]
    parts = [tf.config.LogicalDeviceConfiguration()] * 8
    tf.config.set_logical_device_configuration(processor, parts)
from kbert.backend.choose_backend import import_keras
import_keras()
import keras
from kbert import BertClassifier, Examples, Labels, LearningRateLogger, TrainingPlan
from kbert import create_optimizer
from kbert.backend.devices import built_on_devices, leave_devices

words = "a good bad film story that is told well badly and long short".split()
random = np.random.default_rng(0)
texts = [" ".join(random.choice(words, random.integers(2, 12))) for _ in range(60)]
names = Labels(("bad", "good", "neither"))
examples = Examples(texts, label_ids=random.integers(0, 3, 60), labels=names)
examples_weighted = Examples(
    texts, label_ids=examples.label_ids, labels=names, weights=random.uniform(0.5, 2, 60)
)
for case, settings in cases.items():
    keras.utils.set_random_seed(1)
    plan = TrainingPlan(60, 14, 10, learning_rate=1e-3)  # batches of 14, and of 4
    with built_on_devices(devices):
        model = BertClassifier.from_preset(
            preset, names, max_length=16, pretrained=False, dropout=settings["dropout"],
            dtype=settings.get("dtype"), long_text=settings.get("long_text"),
        )
        config = model.get_config()
        config["backbone"] = {**config["backbone"], "dropout": settings["dropout"]}
        keras.utils.set_random_seed(1)
        model = BertClassifier.from_config(config)
        model.compile(
            optimizer=create_optimizer(plan, global_clipnorm=0.05), weighted_metrics=["accuracy"]
        )
    data = examples_weighted if settings.get("weighted") else examples
    batches = model.batches(data, plan, packing=settings["packing"])
    logger = LearningRateLogger(f"{folder}/{case}-{devices}.csv")
    model.fit(batches, epochs=10, verbose=0, callbacks=[logger])
    scores = model.evaluate(model.batches(data, batch_size=14), verbose=0)
    np.savez(
        f"{folder}/{case}-{devices}.npz",
        weights=np.concatenate([np.ravel(np.asarray(w)) for w in model.get_weights()]),
        probabilities=model.predict_proba(texts[:21], batch_size=10),
        loss=scores[0],
        updates=int(np.asarray(model.optimizer.iterations)),
    )
    leave_devices()

import contextlib
from concurrent.futures import ThreadPoolExecutor
from kbert import Predictor
from kbert.backend.devices import batch_share, on_devices_of
from kbert.cli.main import main

file, labelled = f"{folder}/model-{devices}.keras", f"{folder}/{devices}.csv"
model.save(file)
predictor = Predictor.load(file, devices=devices)
left = keras.distribution.distribution() is None
with ThreadPoolExecutor(1) as server:  # Keras knows the devices of JAX in the thread that sets them
    probabilities = server.submit(predictor.predict_proba, texts[:21], None, 10).result()
with on_devices_of(predictor.model):
    shared = batch_share(predictor.model).devices
alone = Predictor.load(file).predict_proba(texts[:21], batch_size=10)
with open(f"{folder}/rows-{devices}.csv", "w", encoding="utf-8") as rows:
    labels = [names.names[number] for number in examples.label_ids[:21]]
    print("text,label", *map(",".join, zip(texts, labels)), sep="\\n", file=rows)
flags = ["--devices", str(devices), "--batch-size", "10"]
for verb in (["predict", file, rows.name, "-o", labelled], ["evaluate", file, rows.name]):
    with contextlib.suppress(SystemExit), open(f"{folder}/{verb[0]}-{devices}.txt", "w") as text:
        with contextlib.redirect_stdout(text):
            main([*verb, *flags])
np.savez(
    f"{folder}/predictor-{devices}.npz",
    several=probabilities, alone=alone, shared=shared, left=left,
)
"""
CASES = {
    "jax": {
        "plain": {"packing": "off", "dropout": 0.1},
        "packed": {"packing": "on", "dropout": 0.1},
        "windows": {"packing": "off", "dropout": 0.0, "long_text": "windows"},
        "weighted": {"packing": "on", "dropout": 0.1, "weighted": True},
    },
    "tensorflow": {
        "plain": {"packing": "off", "dropout": 0.0},
        "weighted": {"packing": "off", "dropout": 0.0, "weighted": True},
    },
}
DEVICES = {"jax": (1, 8), "tensorflow": (1, 2)}


@pytest.fixture(scope="module")
def trained(tiny_preset, minilm_vocab, tmp_path_factory):
    """A folder of what each number of devices ends with."""
    folder = tmp_path_factory.mktemp("devices")
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=8"
    environment = {**os.environ, "XLA_FLAGS": flags, "KERAS_BACKEND": BACKEND}
    for devices in DEVICES[BACKEND]:
        arguments = [str(folder), str(tiny_preset), str(minilm_vocab), devices, CASES[BACKEND]]
        done = subprocess.run(
            [sys.executable, "-c", WORK, json.dumps(arguments)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_fifty_updates_are_the_same_on_any_number_of_devices(trained):
    for case in CASES[BACKEND]:
        alone = np.load(trained / f"{case}-1.npz")
        assert alone["updates"] == 50
        assert alone["probabilities"].shape == (21, 3)
        for devices in DEVICES[BACKEND][1:]:
            several = np.load(trained / f"{case}-{devices}.npz")
            assert several["updates"] == 50
            for name in ("weights", "probabilities", "loss"):
                far = float(np.abs(several[name] - alone[name]).max())
                assert far < 2e-5, (case, devices, name, far)


def test_a_predictor_on_any_number_of_devices(trained):
    """In another thread than that which has loaded it, and on the command line."""
    texts = []
    for devices in DEVICES[BACKEND]:
        found = np.load(trained / f"predictor-{devices}.npz")
        assert found["left"]
        assert found["shared"] == devices
        np.testing.assert_allclose(found["several"], found["alone"], atol=2e-6)
        with (trained / f"{devices}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        names = ("bad", "good", "neither")
        written = [[float(row[f"p({name})"]) for name in names] for row in rows]
        np.testing.assert_allclose(written, found["alone"], atol=2e-5)
        texts.append((trained / f"evaluate-{devices}.txt").read_text(encoding="utf-8"))
    assert "accuracy" in texts[0]


def test_losses_and_norms_of_the_steps_are_the_same(trained):
    for case in CASES[BACKEND]:
        rows, others = (
            np.genfromtxt(trained / f"{case}-{devices}.csv", delimiter=",", names=True)
            for devices in DEVICES[BACKEND]
        )
        for column in ("learning_rate", "loss", "gradient_norm"):
            np.testing.assert_allclose(rows[column], others[column], rtol=2e-4, err_msg=case)
