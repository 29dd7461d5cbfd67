from types import SimpleNamespace

import keras
import pytest

from kbert.backend import precision
from kbert.backend.precision import choose_precision

pytestmark = pytest.mark.keras

BACKEND = keras.backend.backend()


@pytest.mark.parametrize("asked", ["float32", "bfloat16", "float16"])
def test_an_explicit_precision_is_used(asked):
    choice = choose_precision(asked, BACKEND)
    assert str(choice) == f"Computing in {asked}."


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ("fpu avx2 avx512f avx512_vnni", "float32: this processor is not known to multiply"),
        ("fpu avx512f avx512_bf16", "bfloat16: this processor multiplies it faster, with AVX-512."),
        ("fpu avx512_bf16 amx_bf16", "bfloat16: this processor multiplies it faster, with AMX."),
    ],
)
def test_precision_depends_on_the_processors_instructions(flags, chosen, monkeypatch, tmp_path):
    monkeypatch.setitem(precision._ACCELERATORS, BACKEND, lambda: None)
    told = tmp_path / "cpuinfo"
    told.write_text(f"processor : 0\nflags\t\t: {flags}\n\nprocessor : 1\n")
    monkeypatch.setattr(precision, "_CPUINFO", told)
    choice = str(choose_precision("auto", BACKEND))
    if BACKEND == "jax":
        chosen = "float32: on a processor JAX gains nothing from bfloat16."
    assert choice.startswith(f"Computing in {chosen}")


def test_the_google_recipe_uses_float32():
    choice = choose_precision("auto", BACKEND, "google")
    assert str(choice) == "Computing in float32: the google recipe uses float32."
    assert choose_precision("bfloat16", BACKEND, "google").precision == "bfloat16"


def test_an_unknown_processor_uses_float32(monkeypatch, tmp_path):
    monkeypatch.setitem(precision._ACCELERATORS, BACKEND, lambda: None)
    monkeypatch.setattr(precision, "_CPUINFO", tmp_path / "missing")
    assert choose_precision("auto", BACKEND).precision == "float32"


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [((9, 0), "bfloat16"), ((8, 0), "bfloat16"), ((7, 5), "float16"), ((6, 1), "float32")],
    ids=str,
)
def test_precision_depends_on_the_gpus_capability(capability, chosen, monkeypatch):
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
