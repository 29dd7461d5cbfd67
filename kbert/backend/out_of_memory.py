"""Recognize out-of-memory errors, of which each backend has its own."""

_SIGNS = (
    "resource_exhausted",
    "resource exhausted",
    "out of memory",
    "oom when allocating",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
)


def says_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception of any backend reports that the memory is full."""
    if isinstance(error, MemoryError):
        return True
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"ResourceExhaustedError", "OutOfMemoryError"}:
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _SIGNS)
