"""Attention with dropout on a CPU with torch, computed a few rows at a time."""

from typing import Any

import torch

from kbert.backend.dropout import LEVELS, kept, torch_bits

_BLOCK = 2**20  # bytes of the scores computed at a time, which stay in the CPU's cache


def blocked_attention(query: Any, key: Any, value: Any, mask: Any, dropped: int, seed: Any) -> Any:
    """Return scaled attention with dropout.

        dropout(softmax(query @ key.T / sqrt(dim), where=mask)) @ value

    The scores of all token pairs are the largest tensor in a step, and each operation on them is
    memory-bound. Here the scores of a few rows are computed at a time, and recomputed for the
    gradient, for which the random numbers of the dropout are kept.

    Source: "FlashAttention", arXiv 2205.14135, section 3, for the gradient.

    Args:
        query: tensor [rows, queries, heads, dim], not scaled yet.
        key: tensor [rows, width, heads, dim].
        value: tensor [rows, width, heads, dim].
        mask: bool tensor [rows, queries or 1, width]. What each query attends to.
        dropped: int. The fraction of the scores to drop, in units of 2 ** -16.
        seed: tensor of two ints. Seed of the random numbers that decide which are dropped.

    Returns:
        A tensor [rows, queries, heads, dim].
    """
    bias = additive_mask(mask, query)
    return _BlockedAttention.apply(query, key, value, bias, dropped, seed)


def additive_mask(mask: Any, query: Any) -> Any:
    """Return the bias of the scores: 0 where a query attends, else the lowest number of the dtype.

    A query that attends to nothing, as in an empty row, then gives numbers, not NaN, as in Keras.

    Args:
        mask: bool tensor [rows, queries or 1, width].
        query: tensor with the dtype and device of the scores.

    Returns:
        A tensor [rows, 1, queries or 1, width].
    """
    bias = query.new_zeros(mask.shape)
    return bias.masked_fill_(~mask, torch.finfo(query.dtype).min)[:, None]


class _BlockedAttention(torch.autograd.Function):
    @staticmethod
    def forward(
        context: Any,
        query: Any,
        key: Any,
        value: Any,
        bias: Any,
        dropped: int,
        seed: Any,
    ) -> Any:
        rows, queries, heads, dim = query.shape
        width = key.shape[1]
        query = _by_head(query * dim**-0.5)
        # Dropout scales up what it keeps. Scaling the values instead of the scores is cheaper.
        key, value = _by_head(key), _by_head(value * (LEVELS / (LEVELS - dropped)))
        bits = torch_bits(seed, (rows * heads, queries, width))
        result = torch.empty_like(query)
        for block in _blocks(bias, heads, query):
            shares = _shares(query, key, bias, block)
            shares *= kept(bits[block], dropped, shares.dtype)
            torch.bmm(shares, value[block], out=result[block])
        context.save_for_backward(query, key, value, bias, bits, result)
        context.dropped = dropped
        return _by_row(result, rows)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(context: Any, gradient: Any) -> tuple[Any, ...]:
        query, key, value, bias, bits, result = context.saved_tensors
        rows, dim = gradient.shape[0], gradient.shape[-1]
        gradient = _by_head(gradient)
        of_query, of_key, of_value = map(torch.empty_like, (query, key, value))
        means = (gradient * result).sum(-1, keepdim=True)
        for block in _blocks(bias, gradient.shape[0] // rows, query):
            shares = _shares(query, key, bias, block)
            keep = kept(bits[block], context.dropped, shares.dtype)
            of_shares = torch.bmm(gradient[block], value[block].mT).mul_(keep)
            of_scores = of_shares.sub_(means[block]).mul_(shares)
            torch.bmm(of_scores, key[block], out=of_query[block])
            torch.bmm(of_scores.mT, query[block], out=of_key[block])
            torch.bmm(shares.mul_(keep).mT, gradient[block], out=of_value[block])
        of_query *= dim**-0.5
        of_value *= LEVELS / (LEVELS - context.dropped)
        return (*(_by_row(each, rows) for each in (of_query, of_key, of_value)), None, None, None)


def _shares(query: Any, key: Any, bias: Any, block: slice) -> Any:
    """Return the attention weights of a block, before dropout."""
    scores = torch.bmm(query[block], key[block].mT)
    heads = query.shape[0] // bias.shape[0]
    rows = bias[block.start // heads : block.stop // heads]
    scores.view(rows.shape[0], heads, *scores.shape[1:]).add_(rows)
    return scores.softmax(-1)


def _blocks(bias: Any, heads: int, query: Any) -> list[slice]:
    """Return slices that each contain all heads of a few rows."""
    size = heads * query.shape[1] * bias.shape[-1] * query.element_size()
    step, end = heads * max(1, _BLOCK // size), query.shape[0]
    return [slice(start, min(start + step, end)) for start in range(0, end, step)]


def _by_head(tensor: Any) -> Any:
    """Return [rows, tokens, heads, dim] as [rows * heads, tokens, dim]."""
    return tensor.transpose(1, 2).reshape(-1, tensor.shape[1], tensor.shape[3])


def _by_row(tensor: Any, rows: int) -> Any:
    return tensor.view(rows, -1, *tensor.shape[1:]).transpose(1, 2)
