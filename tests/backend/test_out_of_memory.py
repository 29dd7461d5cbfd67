import pytest

from kbert.backend.out_of_memory import says_out_of_memory
from kbert.errors import KbertError


def of_kind(name, *bases):
    """An exception class like a backend's, without the backend."""
    return type(name, bases or (Exception,), {})


OP_ERROR = of_kind("OpError")  # TensorFlow's, not a RuntimeError
XLA = of_kind("XlaRuntimeError", RuntimeError)


@pytest.mark.parametrize(
    "error",
    [
        of_kind("ResourceExhaustedError", OP_ERROR)("{{node MatMul}} OOM when allocating tensor"),
        of_kind("ResourceExhaustedError", OP_ERROR)("failed"),
        of_kind("OurError", of_kind("ResourceExhaustedError", OP_ERROR))("failed"),
        RuntimeError("Exception encountered when calling X.call().\n\nOOM when allocating tensor"),
        XLA("RESOURCE_EXHAUSTED: Out of memory allocating 1099511627776 bytes."),
        of_kind("JaxRuntimeError", RuntimeError)("RESOURCE_EXHAUSTED: Failed to allocate 4.0GiB"),
        XLA("Resource exhausted: allocating 17179869184 bytes"),
        of_kind("OutOfMemoryError", RuntimeError)("CUDA out of memory. Tried to allocate 2.00 GiB"),
        of_kind("OutOfMemoryError", RuntimeError)("failed"),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be reported later"),
        RuntimeError("MPS backend out of memory (MPS allocated: 9.0 GB, max allowed: 9.1 GB)."),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate "
            "memory: you tried to allocate 4000000000000 bytes. Error code 12"
        ),
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you "
            "tried to allocate 4000000000000 bytes."
        ),
        RuntimeError("std::bad_alloc"),
        RuntimeError("could not create a memory object"),
        RuntimeError("can't start new thread"),
        OSError(12, "Cannot allocate memory"),
        ImportError("libx.so: cannot allocate memory in static TLS block"),
        MemoryError(),
        of_kind("_ArrayMemoryError", MemoryError)("Unable to allocate 7.28 TiB for an array"),
    ],
    ids=lambda error: f"{type(error).__name__}: {str(error)[:24]!r}",
)
def test_errors_of_each_backend_are_recognized(error):
    assert says_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)"),
        RuntimeError(),
        XLA("INVALID_ARGUMENT: Expected 3 inputs, got 4"),
        of_kind("InvalidArgumentError", OP_ERROR)("indices[0] = 7 is not in [0, 4)"),
        of_kind("UnknownError", OP_ERROR)("out of memory, says a text"),
        ValueError("the text 'out of memory' is no label"),
        KbertError("out of memory is no column"),
        OSError(28, "No space left on device"),
        KeyboardInterrupt("out of memory"),
    ],
    ids=lambda error: f"{type(error).__name__}: {str(error)[:24]!r}",
)
def test_other_errors_are_not_mistaken_for_it(error):
    assert not says_out_of_memory(error)


def test_an_error_raised_while_handling_one_counts_too():
    error = ValueError("nothing is left to build a message with")
    error.__context__ = MemoryError()
    assert says_out_of_memory(error)
