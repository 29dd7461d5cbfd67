import csv
import json
import zipfile
from collections import defaultdict
from pathlib import Path

import keras
import numpy as np
import pytest

from kbert import WarmupPolynomialDecay

pytestmark = pytest.mark.keras


def _reference():
    plans = defaultdict(list)
    path = Path(__file__).parents[1] / "data" / "reference" / "lr.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            plan = (row["init_lr"], row["num_train_steps"], row["num_warmup_steps"])
            rates = (float(row["lr"]), float(row["lr_nograppler"]))
            plans[plan].append((int(row["step"]), *rates))
    return plans


REFERENCE = _reference()


def _call(schedule, steps):
    return keras.ops.convert_to_numpy(schedule(keras.ops.convert_to_tensor(steps, "int32")))


def _call_compiled(schedule, steps):
    function = schedule.__call__
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        function = tf.function(function)
    elif keras.backend.backend() == "jax":
        import jax

        function = jax.jit(function)
    steps = [keras.ops.convert_to_tensor(step, "int32") for step in steps]
    return np.array([float(keras.ops.convert_to_numpy(function(step))) for step in steps])


def _simulate(schedule, steps):
    return schedule.simulate(steps)


@pytest.mark.parametrize("rates", [_simulate, _call, _call_compiled])
@pytest.mark.parametrize("plan", REFERENCE, ids="-".join)
def test_the_decay_from_the_start_equals_the_original(plan, rates):
    peak, decay_steps, warmup_steps = float(plan[0]), int(plan[1]), int(plan[2])
    schedule = WarmupPolynomialDecay(peak, decay_steps, warmup_steps, decay_from="start")
    steps, *expected = map(np.array, zip(*REFERENCE[plan], strict=True))
    # TensorFlow's graph rewriting moves the original, and this one, by up to 1e-7 of the peak to
    # either side, so the reference has rates of the original with it and without it.
    distance = np.abs(rates(schedule, steps) - np.array(expected)).min(axis=0)
    assert distance.max() <= 1e-7 * peak


@pytest.mark.parametrize(
    ("settings", "steps", "expected"),
    [
        ({"warmup_steps": 4}, range(5), [0.2, 0.4, 0.6, 0.8, 1.0]),
        ({"warmup_steps": 4}, [4, 5, 7, 9, 10, 99], [1, 5 / 6, 0.5, 1 / 6, 0, 0]),
        ({"warmup_steps": 4, "decay_from": "start"}, range(6), [0, 0.25, 0.5, 0.75, 0.6, 0.5]),
        ({}, [0, 5, 10, 11], [1, 0.5, 0, 0]),
        ({"end_learning_rate": 0.2}, [0, 5, 10, 11], [1, 0.6, 0.2, 0.2]),
        ({"power": 2.0}, [0, 5, 10], [1, 0.25, 0]),
        ({"power": 0.5}, [0, 5, 10], [1, 0.5**0.5, 0]),
        ({"cycle": True}, [0, 9, 10, 11, 15, 20, 21], [1, 0.1, 0, 9 / 20, 0.25, 0, 9 / 30]),
        (
            {"cycle": True, "warmup_steps": 5, "end_learning_rate": 0.5},
            [4, 5, 9, 10, 11, 15],
            [5 / 6, 1, 0.6, 0.5, 0.7, 0.5],
        ),
        ({"steps_per_update": 3}, range(7), [1, 1, 1, 0.9, 0.9, 0.9, 0.8]),
        ({"warmup_steps": 1, "steps_per_update": 2}, range(4), [0.5, 0.5, 1, 1]),
    ],
    ids=lambda value: "-".join(value) or "plain" if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("rates", [_simulate, _call])
def test_rates_by_hand(settings, steps, expected, rates):
    schedule = WarmupPolynomialDecay(1.0, 10, **settings)
    np.testing.assert_allclose(rates(schedule, np.array(steps)), expected, rtol=0, atol=2e-7)


@pytest.mark.parametrize("rates", [_simulate, _call, _call_compiled])
def test_steps_near_1e8_differ_from_their_neighbours(rates):
    last = 100_000_000
    schedule = WarmupPolynomialDecay(1.0, last, warmup_steps=10)
    steps = np.arange(last - 9, last + 1)
    expected = np.arange(9, -1, -1) / (last - 10)
    np.testing.assert_allclose(rates(schedule, steps), expected, rtol=1e-6, atol=0)


def test_simulate_counts_from_zero_and_is_float32():
    schedule = WarmupPolynomialDecay(1.0, 10, warmup_steps=2, end_learning_rate=0.1, power=1.5)
    simulated = schedule.simulate(12)
    assert simulated.dtype == np.float32
    np.testing.assert_allclose(simulated, _call(schedule, range(12)), rtol=1e-6)


SETTINGS = {
    "peak_learning_rate": 3e-4,
    "decay_steps": 50,
    "warmup_steps": 5,
    "end_learning_rate": 1e-5,
    "power": 2.0,
    "cycle": True,
    "decay_from": "start",
    "steps_per_update": 4,
}


def test_config_round_trip():
    schedule = WarmupPolynomialDecay(**SETTINGS)
    assert schedule.get_config() == SETTINGS
    assert WarmupPolynomialDecay.from_config(SETTINGS).get_config() == SETTINGS


@pytest.mark.parametrize(
    ("boundary", "decay_from"), [("continuous", "warmup_end"), ("google", "start")]
)
def test_a_config_of_kbert_0_1_is_read(boundary, decay_from):
    config = {"peak_learning_rate": 1e-3, "decay_steps": 15, "boundary": boundary, "name": None}
    schedule = WarmupPolynomialDecay.from_config(config)
    expected = WarmupPolynomialDecay(1e-3, 15, decay_from=decay_from)
    assert schedule.get_config() == expected.get_config()
    assert config["boundary"] == boundary


@pytest.mark.parametrize(
    ("recipe", "decay_from"), [("recommended", "warmup_end"), ("google", "start")]
)
def test_a_keras_file_of_kbert_0_1_keeps_its_schedule(recipe, decay_from):
    path = Path(__file__).parents[1] / "data" / "formats" / "0.1" / f"compiled-{recipe}.keras"
    with zipfile.ZipFile(path) as file:
        config = json.loads(file.read("config.json"))["compile_config"]["optimizer"]
    optimizer = keras.saving.deserialize_keras_object(config)
    assert optimizer._learning_rate.decay_from == decay_from


def test_keras_serialization_round_trip():
    config = keras.saving.serialize_keras_object(WarmupPolynomialDecay(**SETTINGS))
    restored = keras.saving.deserialize_keras_object(config)
    assert type(restored) is WarmupPolynomialDecay
    assert restored.get_config() == SETTINGS


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"peak_learning_rate": 0.0}, "peak_learning_rate"),
        ({"peak_learning_rate": float("nan")}, "peak_learning_rate"),
        ({"end_learning_rate": -0.1}, "end_learning_rate"),
        ({"end_learning_rate": 1.5}, "end_learning_rate"),
        ({"decay_steps": 0}, "decay_steps"),
        ({"decay_steps": 2.5}, "decay_steps"),
        ({"warmup_steps": -1}, "warmup_steps"),
        ({"warmup_steps": 10}, "warmup_steps"),
        ({"warmup_steps": 0.5}, "warmup_steps"),
        ({"power": 0.0}, "power"),
        ({"decay_from": "smooth"}, "decay_from"),
        ({"steps_per_update": 0}, "steps_per_update"),
        ({"steps_per_update": 1.5}, "steps_per_update"),
    ],
    ids=str,
)
def test_refusals_name_the_argument_and_the_value(changes, named):
    settings = {"peak_learning_rate": 1.0, "decay_steps": 10, **changes}
    with pytest.raises(ValueError, match=rf"`{named}` must .*Received: .*{named}="):
        WarmupPolynomialDecay(**settings)


def test_drives_a_plain_optimizer():
    schedule = WarmupPolynomialDecay(0.1, 6, warmup_steps=2)
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")])
    # The gradient of the mean output at x = 1 is 1, so the kernel sums up the rates.
    model.compile(keras.optimizers.SGD(schedule), loss=lambda y, output: output)
    model.fit(np.ones((8, 1)), np.ones(8), batch_size=2, epochs=2, verbose=0)
    kernel = float(keras.ops.convert_to_numpy(model.weights[0].value)[0, 0])
    assert kernel == pytest.approx(-schedule.simulate(8).sum(), rel=1e-6)
