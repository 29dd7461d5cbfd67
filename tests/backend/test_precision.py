from types import SimpleNamespace

import keras
import pytest

from kbert.backend import precision
from kbert.backend.precision import choose_precision

pytestmark = pytest.mark.keras

BACKEND = keras.backend.backend()


@pytest.mark.parametrize("asked", ["float32", "bfloat16", "float16"])
def test_what_is_asked_for_is_taken(asked):
    choice = choose_precision(asked, BACKEND)
    assert str(choice) == f"Computing in {asked}."


@pytest.mark.parametrize(
    ("gain", "chosen"), [(0.4, "float32"), (1.4, "float32"), (2.3, "bfloat16")]
)
def test_a_processor_is_measured(gain, chosen, monkeypatch):
    monkeypatch.setitem(precision._ACCELERATORS, BACKEND, lambda: None)
    monkeypatch.setattr(precision, "_gain", lambda product: gain)
    choice = choose_precision("auto", BACKEND)
    if BACKEND == "jax":
        assert str(choice) == (
            "Computing in float32: on a processor JAX gains nothing from bfloat16."
        )
    else:
        assert str(choice) == (
            f"Computing in {chosen}: this processor multiplies bfloat16 {gain} times as fast."
        )


@pytest.mark.skipif(BACKEND == "jax", reason="nothing is measured")
def test_the_gain_is_that_of_the_least_times(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(precision.time, "perf_counter", lambda: now[0])
    times = {"float32": [0.03, 0.02] * 9, "bfloat16": [0.01, 0.04] * 9}

    def product(dtype):
        real = precision._PRODUCTS[BACKEND](dtype)

        def multiply():
            real()  # that it runs at all
            now[0] += times[dtype].pop()

        return multiply

    assert precision._gain(product) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")],
    ids=str,
)
def test_a_gpu_is_known_by_its_capability(capability, chosen, monkeypatch):
    if BACKEND == "torch":
        import torch

        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    elif BACKEND == "tensorflow":
        import tensorflow as tf

        monkeypatch.setattr(
            tf.config, "list_physical_devices", lambda kind: ["gpu"] if kind == "GPU" else []
        )
        monkeypatch.setattr(
            tf.config.experimental,
            "get_device_details",
            lambda gpu: {"compute_capability": capability},
        )
    else:
        import jax

        device = SimpleNamespace(platform="gpu", compute_capability="{}.{}".format(*capability))
        monkeypatch.setattr(jax, "devices", lambda: [device])
    choice = choose_precision("auto", BACKEND)
    assert choice.precision == chosen
    assert choice.reason == "the GPU's compute capability is {}.{}".format(*capability)
