"""Checks that batches fit a model, before Keras computes with them."""

from typing import Any

from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.segments import check_segments


def check_batches(model: Any, batches: Batches, name: str = "The data") -> None:
    """Raise InputError for batches that a `BertClassifier` cannot take.

    These are text pairs if the model has one segment, and texts in windows if it does not pool
    windows.

    Args:
        model: a Keras model.
        batches: Batches. The rows count as pairs if those of the first batch are.
        name: str. What messages call them. Defaults to "The data".
    """
    windows = getattr(getattr(model, "tokenizer", None), "windows", None)
    if batches.store.window_split is not None and windows is None:
        raise InputError(
            "{name} has texts in windows, but the model does not read windows.",
            name=name,
            cure=Cure(
                code='BertClassifier.from_preset(..., long_text="windows")',
                otherwise=(
                    Cure(code="model.batches(examples)", note="which cuts texts as the model does"),
                ),
            ),
        )
    num_segments = getattr(model, "num_segments", None)
    if num_segments == 1 and len(batches):
        check_segments(num_segments, bool(batches[0][0]["segment_ids"].any()), name)
