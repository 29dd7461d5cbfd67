"""Running out of memory, which each backend says in its own way."""

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
    """Whether an exception of any backend says that the memory is full."""
    if isinstance(error, MemoryError):
        return True
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"ResourceExhaustedError", "OutOfMemoryError"}:
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in text for sign in _SIGNS)
