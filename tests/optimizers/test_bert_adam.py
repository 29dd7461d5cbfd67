from pathlib import Path

import keras
import numpy as np
import pytest

from kbert import BertAdam, WarmupPolynomialDecay

pytestmark = pytest.mark.keras

NAMES = ("dense/kernel", "dense/bias", "LayerNorm/gamma", "LayerNorm/beta", "embeddings")


@pytest.fixture(scope="module")
def reference():
    with np.load(Path(__file__).parents[1] / "data" / "reference" / "adam.npz") as file:
        return dict(file)


def _variable(path, value):
    variable = keras.Variable(value, name=path.split("/")[-1])
    variable._path = path  # a layer would set it; exclusions are matched against it
    return variable


def _array(variable):
    return keras.ops.convert_to_numpy(variable.value)


def test_equals_the_original_step_by_step(reference):
    variables = [_variable(name, reference[f"init/{name}"]) for name in NAMES]
    schedule = WarmupPolynomialDecay(1e-2, 20, warmup_steps=5, decay_from="start")
    optimizer = BertAdam(schedule)
    optimizer.build(variables)
    for step in range(20):
        rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        assert rate == pytest.approx(reference["lr"][step], abs=1e-9)
        gradients = [keras.ops.convert_to_tensor(reference[f"grad/{name}"][step]) for name in NAMES]
        optimizer.apply(gradients, variables)
        for place, name in enumerate(NAMES):
            for kind, variable in (
                ("value", variables[place]),
                ("m", optimizer._momentums[place]),
                ("v", optimizer._velocities[place]),
            ):
                np.testing.assert_allclose(
                    _array(variable),
                    reference[f"{kind}/{name}"][step],
                    rtol=0,
                    atol=5e-7,
                    err_msg=f"{kind} of {name} after step {step}",
                )


def test_first_step_has_no_bias_correction():
    variable = _variable("dense/kernel", np.zeros(1, "float32"))
    optimizer = BertAdam(1.0, weight_decay=0.0, global_clipnorm=None)
    optimizer.apply([keras.ops.ones(1)], [variable])
    assert float(_array(variable)[0]) == pytest.approx(-0.1 / 0.001**0.5, rel=1e-4)


def test_config_round_trip():
    optimizer = BertAdam(
        WarmupPolynomialDecay(1e-3, 10, warmup_steps=2),
        weight_decay=0.1,
        beta_1=0.8,
        beta_2=0.99,
        epsilon=1e-5,
        global_clipnorm=2.0,
        exclude=["gamma$"],
        name="mine",
        gradient_accumulation_steps=3,
    )
    config = keras.saving.serialize_keras_object(optimizer)
    restored = keras.saving.deserialize_keras_object(config)
    assert type(restored) is BertAdam
    assert restored.get_config() == optimizer.get_config()
    assert {key: optimizer.get_config()[key] for key in ("beta_1", "beta_2", "epsilon")} == {
        "beta_1": 0.8,
        "beta_2": 0.99,
        "epsilon": 1e-5,
    }
    assert restored.exclude == ("gamma$",)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({}, {"dense/kernel"}),
        ({"exclude": ("kernel",)}, {"dense/bias", "layer_norm/gamma", "layer_norm/beta"}),
    ],
    ids=["default", "own"],
)
def test_exclusions_survive_a_saved_model(arguments, expected, tmp_path):
    layers = [
        keras.layers.Dense(3, name="dense"),
        keras.layers.LayerNormalization(name="layer_norm"),
    ]
    model = keras.Sequential([keras.Input((2,)), *layers])
    model.compile(BertAdam(0.5, weight_decay=0.5, **arguments), loss="mse")
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    variables = loaded.trainable_variables
    for variable in variables:
        variable.assign(keras.ops.ones(variable.shape))
    # With a gradient of 0 nothing but weight decay moves a variable.
    loaded.optimizer.apply([keras.ops.zeros(v.shape) for v in variables], variables)
    moved = {"/".join(v.path.split("/")[-2:]) for v in variables if (_array(v) != 1).any()}
    assert moved == expected
    assert all(np.all(_array(v) == 0.75) for v in variables if (_array(v) != 1).any())
