"""Recognize out-of-memory errors, of which each backend has its own."""

import errno

_SIGNS = (
    "cannot allocate memory",
    "can't start new thread",
    "could not create a memory object",
    "could not create a primitive",
    "resource_exhausted",
    "resource exhausted",
    "out of memory",
    "oom when allocating",
    "can't allocate memory",
    "not enough memory",
    "bad_alloc",
)


def says_out_of_memory(error: BaseException) -> bool:
    """Return whether an exception of any backend reports that the memory is full.

    An exception that was raised while such an exception was handled counts too: there is no memory
    left for handling it either.
    """
    context = error.__cause__ or error.__context__
    return _says_so(error) or (context is not None and says_out_of_memory(context))


def _says_so(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & {"ResourceExhaustedError", "OutOfMemoryError"}:
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError | ImportError) and any(sign in text for sign in _SIGNS)
