"""The array types that weights may have."""

import ml_dtypes
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from kbert import KbertError
from kbert.interop.hugging_face_weights import open_weights
from kbert.interop.model_data import take_weights
from kbert.interop.weights import WeightSpec

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]
SPEC = WeightSpec("logits/bias", "output_bias", "classifier.bias", (2,), (2,))


def take(read):
    return take_weights([SPEC], {"classifier.bias": (2,)}, read, "F", format="huggingface")


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ml_dtypes.bfloat16])
def test_floats(dtype):
    array = take(lambda name: np.array([0.5, -2], dtype))["logits/bias"]
    assert array.dtype == np.float32
    assert np.array_equal(array, [0.5, -2])


@pytest.mark.parametrize(
    "dtype", ["int8", "int64", "bool", "complex64", "U3", "O", "float8_e4m3fn"]
)
def test_other_dtypes_are_refused(dtype):
    kind = getattr(ml_dtypes, dtype, dtype)
    with pytest.raises(KbertError, match=r"F: classifier.bias holds .*; floats were expected"):
        take(lambda name: np.array([1, 0]).astype(kind))


@pytest.mark.parametrize("dtype", ["float8_e4m3fn", "int8", "uint8", "bool", "complex64"])
def test_other_dtypes_of_safetensors_are_refused(dtype, tmp_path):
    file = tmp_path / "model.safetensors"
    save_file({"classifier.bias": torch.ones(2).to(getattr(torch, dtype))}, file)
    _, read = open_weights(tmp_path)
    with pytest.raises(KbertError, match=r"classifier.bias (holds|cannot be read)"):
        take(read)
