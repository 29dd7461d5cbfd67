"""Recognizes Hugging Face and grain data sets without importing either library."""

from typing import Any

_UNKNOWN = 2**62  # rows; a grain data set that repeats forever reports 2^63 - 1


def is_hugging_face_stream(source: Any) -> bool:
    """Return whether something is a Hugging Face data set that is read as a stream."""
    is_set = hasattr(source, "column_names") and hasattr(source, "with_format")
    return is_set and not hasattr(source, "__len__")


def is_grain(source: Any) -> bool:
    """Return whether something is a grain data set, without importing grain."""
    return any(
        kind.__module__.split(".")[0] == "grain" and kind.__name__ in ("MapDataset", "IterDataset")
        for kind in type(source).__mro__
    )


def has_no_end(source: Any) -> bool:
    """Return whether a grain data set repeats forever, as far as this can be known.

    An `IterDataset` has no length. It is endless if a data set that it is built from is endless,
    unless it limits how much of that is read.
    """
    if hasattr(source, "__len__"):
        return len(source) >= _UNKNOWN
    if "Limit" in type(source).__name__:
        return False
    return any(has_no_end(parent) for parent in getattr(source, "parents", ()))


def is_finite(source: Any) -> bool:
    """Return whether the number of rows of a grain data set is known."""
    return hasattr(source, "__len__") and not has_no_end(source)
