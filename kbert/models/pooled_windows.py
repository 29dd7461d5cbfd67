"""The logits of texts that are read in several windows."""

from typing import Any

from keras import ops

from kbert.choices import Pool


def pooled_windows(logits: Any, own_windows: Any, pool: Pool) -> Any:
    """Return the mean, or the maximum, of the logits of each text's windows.

    Args:
        logits: float tensor [windows, labels].
        own_windows: int tensor [texts, slots]. The positions of each text's windows, then -1.
        pool: "mean" or "max".

    Returns:
        A tensor [texts, labels].
    """
    is_own = (own_windows >= 0)[:, :, None]
    each = ops.take(logits, ops.maximum(own_windows, 0), axis=0)
    if pool == "max":
        return ops.max(ops.where(is_own, each, float("-inf")), axis=1)
    shares = ops.cast(is_own, logits.dtype)
    return ops.sum(each * shares, axis=1) / ops.sum(shares, axis=1)
