"""Checks that batches fit a model, before Keras computes with them."""

from typing import Any

from kbert.data.batches import Batches
from kbert.interop.segments import check_segments


def check_batches(model: Any, batches: Batches, name: str = "The data") -> None:
    """Raise InputError when batches hold text pairs and a `BertClassifier` has one segment.

    Args:
        model: a Keras model.
        batches: Batches. Rows are pairs if those of the first batch are.
        name: str. What messages call them. Defaults to "The data".
    """
    num_segments = getattr(model, "num_segments", None)
    if num_segments == 1 and len(batches):
        check_segments(num_segments, bool(batches[0][0]["segment_ids"].any()), name)
