"""Values that stay on the device until they are read."""

import keras
import numpy as np
import pytest

from kbert.backend.device_values import computes_on_accelerator, device_copy, read_together
from tests.backend.line_model import line

pytestmark = pytest.mark.keras


def test_a_processor_is_not_an_accelerator():
    assert not computes_on_accelerator(line())
    assert not computes_on_accelerator(None)
    assert not computes_on_accelerator(keras.Sequential([keras.layers.Dense(1)]))


@pytest.mark.parametrize("kind", ["GPU", "TPU"])
def test_gpus_and_tpus_are_accelerators(kind, monkeypatch):
    model = line()
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        devices = [*tf.config.list_logical_devices(), tf.config.LogicalDevice(f"/{kind}:0", kind)]
        monkeypatch.setattr(tf.config, "list_logical_devices", lambda: devices)
    elif keras.backend.backend() == "jax":
        monkeypatch.setattr("jax.default_backend", kind.lower)
    else:
        import torch

        class Weight:
            class value:
                device = torch.device("cuda" if kind == "GPU" else "xla")

        monkeypatch.setattr(type(model), "weights", [Weight])
    assert computes_on_accelerator(model)


def test_a_copy_keeps_its_value():
    variable = keras.Variable(1.0)
    copy = device_copy(variable)
    variable.assign(2.0)
    assert read_together([copy, device_copy(variable.value)]) == [1.0, 2.0]


def test_numbers_are_read_in_order_and_other_values_kept():
    tensor = keras.ops.convert_to_tensor
    given = [
        *(tensor(16_777_217, "int32"), tensor(0.1, "float32"), None, 0.25),
        *(tensor(7, "int32"), keras.Variable(1.0, dtype="float16").value, tensor(np.nan)),
    ]
    read = read_together(given)
    assert read[:6] == [16_777_217, float(np.float32(0.1)), None, 0.25, 7, 1.0]
    assert np.isnan(read[6])
    assert [type(value) for value in read[:2]] == [int, float]
    assert read_together([]) == []


def test_one_transfer_per_type(monkeypatch):
    if keras.backend.backend() == "jax":
        pytest.skip("JAX has many on their way at a time")
    reads, convert = [], keras.ops.convert_to_numpy
    monkeypatch.setattr(keras.ops, "convert_to_numpy", lambda x: reads.append(x) or convert(x))
    tensors = [keras.ops.convert_to_tensor(n, t) for n in range(9) for t in ("int32", "float32")]
    assert read_together(tensors) == [n for n in range(9) for _ in range(2)]
    assert len(reads) == 2
