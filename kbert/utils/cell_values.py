"""What a value from outside is: a text, a label, missing, or something else."""

import math
import numbers
import re
import reprlib
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from kbert.findings import Message, Text
from kbert.utils.cell_fault import CellFault, FaultKind

_MISSING_TYPES = ("NAType", "NaTType")  # of pandas, which need not be installed
_MAX_BITS = 4096  # of a number as a label; Python refuses to print much longer ones
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MAX_SHOWN = 60  # characters
_OWN = (int, float, bool, bytes, list, dict, type(None))  # of Python: need no conversion

Kind = Literal["several", "mapping", "number", "bool", "bytes", "other", FaultKind]


@dataclass(frozen=True)
class OtherValue:
    """A value that is not what was expected.

    Args:
        kind: "several" (a list, set or array), "mapping", "number", "bool", "bytes", "other", or
            the kind of a CellFault.
        name: str or Message. What it is, with an article: "a list", "a Timestamp".
        shown: str. The value, at most 60 characters of it.
    """

    kind: Kind
    name: Text
    shown: str


def to_text(value: Any, encoding: str = "utf-8") -> str | OtherValue | None:
    """Return a text, None for a missing value, or what the value is instead.

    A text is a string, or bytes that decode to one in `encoding`. Numbers are not texts: their
    original spelling, such as "007", is lost.

    Args:
        value: anything.
        encoding: str. Encoding of bytes. Defaults to "utf-8".

    Example:

    ```python
    assert to_text(b"fine") == "fine"
    assert to_text(float("nan")) is None
    assert to_text(["so", "fine"]).name == "a list"
    ```
    """
    if type(value) is str:
        return value
    value = plain(value)
    if isinstance(value, str):
        return str.__str__(value)  # a subclass, such as an enumeration, may print differently
    if is_missing(value):
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value), encoding)
    return describe(value)


def to_label(value: Any, encoding: str = "utf-8") -> str | OtherValue | None:
    """Return the name of a class, None for a missing value, or what the value is instead.

    Args:
        value: anything. Numbers name classes, whole ones as integers: 1.0 is "1".
        encoding: str. Encoding of bytes. Defaults to "utf-8".

    Example:

    ```python
    assert [to_label(value) for value in ("a", 1, 1.0, 0.5, True)] == ["a", "1", "1", "0.5", "True"]
    assert to_label([1]).kind == "several"
    ```
    """
    if type(value) is str:
        return value
    if type(value) is int and -(10**18) < value < 10**18:
        return str(value)
    value = plain(value)
    name = None if is_missing(value) else _number_name(value)
    return to_text(value, encoding) if name is None else name


def _number_name(value: Any) -> str | None:
    """Return the name of a class that is a number; None for anything else."""
    if isinstance(value, int) and value.bit_length() <= _MAX_BITS:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, Decimal) and value.is_finite():
        is_whole = -_MAX_BITS < value.adjusted() < _MAX_BITS
        return str(int(value)) if is_whole and value == int(value) else str(value)
    return None


def to_number(value: Any) -> float | None:
    """Return the number that a value is or spells, None for anything else.

    Args:
        value: a finite number, or a text that spells one in ASCII, with a decimal point.

    Example:

    ```python
    assert [to_number(v) for v in (" 0.5 ", 2, "1e3")] == [0.5, 2.0, 1000.0]
    assert [to_number(v) for v in ("0,5", "1_000", "nan", True)] == [None, None, None, None]
    ```
    """
    value = plain(value)
    if isinstance(value, str):
        number = float(value) if _NUMBER.fullmatch(value.strip()) else math.nan
    elif isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    else:
        try:
            number = float(value)
        except (OverflowError, ValueError):  # beyond a float; a signalling NaN
            return None
    return number if math.isfinite(number) else None


def is_blank(text: str) -> bool:
    """Whether a text has only blanks and characters that the tokenizer removes."""
    if text[:1].isalnum():  # nearly always
        return False
    return all(c.isspace() or unicodedata.category(c) in ("Cc", "Cf") for c in text)


def plain(value: Any) -> Any:
    """Return a scalar of NumPy, Arrow or a framework as a Python one; anything else as it is."""
    if type(value) in _OWN:
        return value
    import numpy as np

    if value is np.ma.masked:
        return None
    if hasattr(value, "as_py"):
        return value.as_py()
    if getattr(value, "shape", None) == () and not isinstance(value, np.generic):
        # TensorFlow's tensors have `numpy` where all others have `item`.
        value = value.item() if hasattr(value, "item") else value.numpy()
    if isinstance(value, np.floating):
        exact = float(value)
        return float(str(value)) if exact % 1 else exact  # 0.1 as float32 is "0.1" too
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return None if np.isnat(value) else value  # whose `item` is a number of nanoseconds
    return value.item() if isinstance(value, np.generic) else value


def is_missing(value: Any) -> bool:
    """Whether a value is missing: None, NaN, or NA and NaT of pandas."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return (isinstance(value, float) and value != value) or (
        isinstance(value, Decimal) and value.is_nan()
    )


def describe(value: Any) -> OtherValue:
    """Return a description of a value, for a message."""
    try:
        shown = " ".join(_REPR.repr(value).split())
    except Exception:  # whatever a foreign object's `repr` raises
        shown = f"<{type(value).__name__}>"
    shown = shown if len(shown) <= _MAX_SHOWN else shown[: _MAX_SHOWN - 1] + "…"
    if isinstance(value, CellFault):
        return OtherValue(value.kind, value.name, value.shown[:_MAX_SHOWN])
    if isinstance(value, bool):
        return OtherValue("bool", Message("a bool"), shown)
    if isinstance(value, numbers.Number):
        return OtherValue("number", Message("a number"), shown)
    kind: Kind = "other"
    if hasattr(value, "keys"):
        kind = "mapping"
    elif hasattr(value, "__iter__") and hasattr(value, "__len__"):
        kind = "several"
    if value is None:
        return OtherValue(kind, "None", shown)
    name = "array" if type(value).__name__ == "ndarray" else type(value).__name__
    return OtherValue(kind, f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}", shown)


def _decoded(data: bytes, encoding: str) -> str | OtherValue:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        wrong = data[error.start : error.start + 4]
        shown = " ".join(f"0x{byte:02x}" for byte in wrong)
        return OtherValue(
            "bytes", Message("bytes that are not {encoding}", encoding=encoding), shown
        )


_REPR = reprlib.Repr()
_REPR.maxlist = _REPR.maxtuple = _REPR.maxset = _REPR.maxdict = 3
_REPR.maxstring = _REPR.maxother = _MAX_SHOWN
