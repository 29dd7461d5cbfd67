import errno
import json
import os

import pytest

from kbert.errors import InputError, MachineError
from kbert.utils.foreign import foreign_input


class PanicException(BaseException):
    """As pyo3 names the panics of Rust libraries."""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ValueError("two\n lines."), "a.bin is broken: two lines"),
        (OverflowError(), "a.bin is broken: OverflowError"),
        (KeyError("name"), "a.bin is broken: 'name'"),
        (OSError(2, "No such file"), "a.bin is broken: No such file"),
        (OSError("truncated file"), "a.bin is broken: truncated file"),
        (PanicException("out of bounds"), "a.bin is broken: out of bounds"),
        (RuntimeError("x" * 1000), "a.bin is broken: " + "x" * 300),
    ],
)
def test_errors_of_a_library_become_a_message_with_their_cause(error, says):
    with (
        pytest.raises(InputError) as raised,
        foreign_input("{path} is broken: {reason}", path="a.bin"),
    ):
        raise error
    assert str(raised.value) == says
    assert raised.value.__cause__ is error


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ENOSPC])
def test_machine_errors_are_not_reported_as_a_broken_file(number):
    error = OSError(number, os.strerror(number))
    with pytest.raises(MachineError) as raised, foreign_input("{path}: {reason}", path="a.bin"):
        raise error
    assert str(raised.value) == f"a.bin: {os.strerror(number)}"
    assert raised.value.__cause__ is error


def test_a_real_library():
    with pytest.raises(InputError, match="Expecting value"), foreign_input("{reason}"):
        json.loads("[1,")


@pytest.mark.parametrize(
    "error",
    [KeyboardInterrupt(), SystemExit(3), MemoryError(), InputError("ours"), MachineError("disk")],
)
def test_other_exceptions_pass_through(error):
    with pytest.raises(type(error)) as raised, foreign_input("{reason}"):
        raise error
    assert raised.value is error
