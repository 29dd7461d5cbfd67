"""What data sets of Hugging Face and grain are, none of which need be imported for it."""

from typing import Any

_UNKNOWN = 2**62  # rows; a grain data set that repeats for ever says that it has 2^63 - 1


def is_hugging_face_stream(source: Any) -> bool:
    """Return whether something is a Hugging Face data set that is read as a stream."""
    is_set = hasattr(source, "column_names") and hasattr(source, "with_format")
    return is_set and not hasattr(source, "__len__")


def is_grain(source: Any) -> bool:
    """Return whether something is a data set of grain, which need not be imported for it."""
    return any(
        kind.__module__.split(".")[0] == "grain" and kind.__name__ in ("MapDataset", "IterDataset")
        for kind in type(source).__mro__
    )


def has_no_end(source: Any) -> bool:
    """Return whether a grain data set repeats for ever, as far as it tells.

    An `IterDataset` has no length. It is endless where a data set that it is made of is, unless it
    limits how much of that is read.
    """
    if hasattr(source, "__len__"):
        return len(source) >= _UNKNOWN
    if "Limit" in type(source).__name__:
        return False
    return any(has_no_end(parent) for parent in getattr(source, "parents", ()))


def is_finite(source: Any) -> bool:
    """Return whether it is known how many rows a grain data set has."""
    return hasattr(source, "__len__") and not has_no_end(source)
