import importlib
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import kbert
from kbert.models.known_to_keras import CLASSES

pytestmark = pytest.mark.keras

OLD = Path(__file__).parents[1] / "data" / "formats" / "0.1"

LOAD = """
import sys
{imports}
for file in sys.argv[1:]:
    model = keras.models.load_model(file)
    optimizer = model.optimizer
    print(*[type(each).__module__ + "." + type(each).__name__
            for each in (model, optimizer, optimizer._learning_rate)])
print("kbert.plans" in sys.modules, len([f for f in sys.meta_path if "kbert" in repr(f)]))
"""
SCHEDULE = "kbert.schedules.warmup_polynomial_decay.WarmupPolynomialDecay"


def load(imports, *files):
    done = subprocess.run(
        [sys.executable, "-c", LOAD.format(imports=imports), *map(str, files)],
        capture_output=True,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.any_backend  # only the registration matters
@pytest.mark.usefixtures("one_backend")
@pytest.mark.parametrize("imports", ["import kbert, keras", "import keras, kbert"])
def test_two_imports_are_enough_to_load_compiled_files(imports, tmp_path):
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    schedule = kbert.WarmupPolynomialDecay(1e-3, decay_steps=10, warmup_steps=1)
    plain.compile(kbert.AdamW(schedule), "mse")
    keep = keras.callbacks.ModelCheckpoint(tmp_path / "kept.keras")
    plain.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0, callbacks=[keep])
    files = [tmp_path / "kept.keras", OLD / "compiled-google.keras"]
    assert load(imports, *files) == [
        f"keras.src.models.sequential.Sequential kbert.optimizers.adamw.AdamW {SCHEDULE}",
        f"kbert.models.bert_classifier.BertClassifier kbert.optimizers.bert_adam.BertAdam "
        f"{SCHEDULE}",
        "True 0",
    ]


def test_every_registered_class_is_known_beforehand():
    names = [name for name in dir(kbert) if isinstance(getattr(kbert, name), type)]
    registered = {n for n in names if keras.saving.get_registered_object(f"kbert>{n}")}
    assert registered == set(CLASSES) - {"LabelLoss", "StandardizedError"}  # of targets
    for name, module in CLASSES.items():
        loaded = getattr(importlib.import_module(module), name)
        assert keras.saving.get_registered_object(f"kbert>{name}") is loaded


def test_a_stand_in_makes_objects_of_the_real_class():
    from kbert.models.known_to_keras import _stand_in

    stand_in = _stand_in("WarmupPolynomialDecay", CLASSES["WarmupPolynomialDecay"])
    config = {"peak_learning_rate": 1e-3, "decay_steps": 10}
    for made in (stand_in(**config), stand_in.from_config(config)):
        assert type(made) is kbert.WarmupPolynomialDecay
        assert made.decay_steps == 10
