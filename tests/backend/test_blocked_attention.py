"""Attention a few rows at a time has the same values and gradients as all rows at once."""

import keras
import numpy as np
import pytest

if keras.backend.backend() != "torch":
    pytest.skip("an operation of torch", allow_module_level=True)

import torch

from kbert.backend import blocked_attention as module
from kbert.backend.blocked_attention import blocked_attention
from kbert.backend.dropout import LEVELS, torch_bits

pytestmark = pytest.mark.keras

ROWS, WIDTH, HEADS, DIM = 5, 6, 2, 4
SEED = (3, 4)


def at_once(query, key, value, mask, dropped):
    scores = torch.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(DIM)
    shares = scores.masked_fill(~mask[:, None], -torch.inf).softmax(-1)
    drawn = torch_bits(SEED, shares.shape).to(torch.int64) + LEVELS // 2  # 0 ... 65,535
    shares = shares * (drawn >= dropped) * LEVELS / (LEVELS - dropped)
    return torch.einsum("bhqk,bkhd->bqhd", shares, value)


def results(attention, queries, mask, dropped, dtype=torch.float64):
    """Return the value, and the gradients of query, key and value."""
    random = torch.Generator().manual_seed(0)
    shapes = [(ROWS, queries, HEADS, DIM), (ROWS, WIDTH, HEADS, DIM), (ROWS, WIDTH, HEADS, DIM)]
    given = [torch.randn(s, generator=random).to(dtype).requires_grad_() for s in shapes]
    found = attention(*given, mask, dropped)
    outer = torch.randn(found.shape, generator=random).to(dtype)
    return [found.detach(), *torch.autograd.grad(found, given, outer)]


def in_blocks(*given):
    return blocked_attention(*given, SEED)


def mask_of(queries):
    mask = np.random.default_rng(1).random((ROWS, queries, WIDTH)) < 0.6
    mask[:, :, 0] = True
    return torch.from_numpy(mask)


@pytest.mark.parametrize("queries", [WIDTH, 2])
@pytest.mark.parametrize("block", [1, 2000, 2**20], ids=["a row", "some rows", "all rows"])
@pytest.mark.parametrize("dropped", [LEVELS // 10, LEVELS // 2])
def test_values_and_gradients(queries, block, dropped, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", block)
    mask = mask_of(queries)
    for found, expected in zip(
        results(in_blocks, queries, mask, dropped),
        results(at_once, queries, mask, dropped),
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_one_mask_for_all_queries():
    mask = mask_of(1)
    for found, expected in zip(
        results(in_blocks, WIDTH, mask, LEVELS // 4),
        results(at_once, WIDTH, mask.expand(-1, WIDTH, -1), LEVELS // 4),
        strict=True,
    ):
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


def test_bfloat16_is_close():
    mask = mask_of(WIDTH)
    for found, expected in zip(
        results(in_blocks, WIDTH, mask, LEVELS // 4, torch.bfloat16),
        results(at_once, WIDTH, mask, LEVELS // 4, torch.float32),
        strict=True,
    ):
        assert found.dtype == torch.bfloat16
        torch.testing.assert_close(found.float(), expected, rtol=0.1, atol=0.1)
