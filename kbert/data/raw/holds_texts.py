"""Whether there are texts where Keras expects arrays of numbers."""

from collections.abc import Mapping, Sequence
from typing import Any


def holds_texts(given: Any) -> bool:
    """Return whether something is a text or a container of texts; nothing is read from a stream.

    Args:
        given: anything, such as the x or y of `fit`.

    Example:

    ```python
    assert holds_texts(["good", "bad"])
    assert holds_texts({"token_ids": ["good"]})
    assert not holds_texts([[1, 2], [3, 4]])
    ```
    """
    if isinstance(given, str | bytes):
        return True
    if isinstance(given, Mapping):
        return any(map(holds_texts, given.values()))
    if hasattr(given, "columns"):  # a data frame
        return any(holds_texts(given[name]) for name in given.columns)
    if isinstance(given, list | tuple):
        return any(isinstance(part, str | bytes) for part in given) or (
            len(given) > 0 and holds_texts(given[0])
        )
    dtype = getattr(given, "dtype", None)
    if dtype is None and (isinstance(given, Sequence) or hasattr(given, "to_pylist")):
        first: Any = given[0] if len(given) else None  # of another library, such as Arrow
        return holds_texts(first.as_py() if hasattr(first, "as_py") else first)
    if getattr(dtype, "kind", "") == "O":
        return any(map(holds_texts, given)) if getattr(given, "shape", ()) else False
    return is_of_strings(given)


def is_of_strings(array: Any) -> bool:
    """Return whether an array, a tensor, or the specification of one has strings."""
    dtype = getattr(array, "dtype", None)
    is_string = str(getattr(dtype, "name", dtype)).lower() in ("string", "str", "large_string")
    return is_string or getattr(dtype, "kind", "") in ("U", "S", "T")
