"""Weights that are not plain arrays of floats are refused in one sentence."""

import warnings

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from kbert import KbertError
from kbert.interop.hugging_face_weights import open_weights

pytestmark = pytest.mark.keras

ONE = torch.ones(2, 2)


def quantized():
    return torch.quantize_per_tensor(ONE, 0.1, 0, torch.qint8)


def nested():
    return torch.nested.nested_tensor([torch.ones(1), torch.ones(2)])


KINDS = {
    "sparse": (lambda: ONE.to_sparse(), "is a sparse tensor"),
    "csr": (lambda: ONE.to_sparse_csr(), "is a sparse tensor"),
    "meta": (lambda: torch.ones(2, 2, device="meta"), "is a meta tensor"),
    "quantized": (quantized, "is a quantized tensor"),
    "nested": (nested, "is a nested tensor|is broken or holds something other than tensors"),
    "complex": (lambda: ONE.to(torch.complex64), "holds complex64; floats were expected"),
    "float8": (lambda: ONE.to(torch.float8_e4m3fn), "holds float8_e4m3fn; floats were expected"),
    "int8": (lambda: ONE.to(torch.int8), "holds int8; floats were expected"),
    "bool": (lambda: ONE.to(torch.bool), "holds bool; floats were expected"),
}


@pytest.mark.any_backend
@pytest.mark.parametrize("kind", KINDS)
def test_other_tensors_in_pickles_are_refused(kind, tmp_path):
    make, message = KINDS[kind]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save({"a": make()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(KbertError, match=message) as error:
        open_weights(tmp_path)[1]("a")
    assert "\n" not in str(error.value)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "content", [3, [ONE], {"a": 3}, {1: ONE}, {"a": {"b": ONE}}, None], ids=str
)
def test_pickles_without_tensors_are_refused(content, tmp_path):
    torch.save(content, tmp_path / "pytorch_model.bin")
    with pytest.raises(KbertError, match="tensors by their names were expected"):
        open_weights(tmp_path)


@pytest.mark.any_backend
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("form", ["bin", "safetensors"])
def test_floats_of_other_sizes_are_accepted(dtype, form, tmp_path):
    array = torch.tensor([[0.5, -2.0]], dtype=getattr(torch, dtype), requires_grad=form == "bin")
    if form == "bin":
        torch.save({"a": array}, tmp_path / "pytorch_model.bin")
    else:
        save_file({"a": array}, tmp_path / "model.safetensors")
    shapes, read = open_weights(tmp_path)
    assert shapes == {"a": (1, 2)}
    assert np.array_equal(np.asarray(read("a"), np.float32), [[0.5, -2.0]])
