"""Recognizes data sets of texts."""

from collections.abc import Iterator
from typing import Any

from kbert.data.raw.begun_pass import BegunPass
from kbert.data.raw.grain_text_set import GrainTextSet
from kbert.data.raw.hugging_face_text_set import HuggingFaceTextSet
from kbert.data.raw.iterator_text_set import IteratorTextSet
from kbert.data.raw.text_set import TextSet
from kbert.data.raw.tf_text_set import TfTextSet
from kbert.data.raw.torch_text_set import TorchTextSet

_KINDS = (TfTextSet, TorchTextSet, GrainTextSet, HuggingFaceTextSet)


def find_text_set(given: Any) -> tuple[TextSet | None, Any]:
    """Return the `TextSet` of a data set of texts, or None for other data; and the data to use.

    The first item of an iterator is looked at, and yielded again by what is returned.

    Args:
        given: anything, such as the x of `fit`.
    """
    for kind in _KINDS:
        if (found := kind.of(given)) is not None:
            return found, given
    if not isinstance(given, Iterator):
        return None, given
    items = IteratorTextSet(BegunPass(lambda: given))
    return (items, given) if items.holds_texts else (None, items.restored())
