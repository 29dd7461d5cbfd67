"""A value from any source as a cell of a CSV file, of JSON or of a workbook."""

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from kbert.utils.cell_fault import CellFault
from kbert.utils.cell_values import is_missing, plain
from kbert.utils.escaped_characters import with_escapes

MAX_SHEET_TEXT = 32_767  # characters of a cell of a workbook
_EXACT = 10**15  # from here on, a workbook rounds whole numbers
_FIRST_DAY = date(1900, 3, 1)  # from this day on, all programs count alike


def cell_text(value: Any, encoding: str = "utf-8") -> str:
    """Return a value as text: "" for a missing one, dates in ISO 8601, lists as JSON.

    Args:
        value: anything. A text stays as it is.
        encoding: str. Encoding of bytes. Defaults to "utf-8".

    Example:

    ```python
    assert [cell_text(v) for v in ("007", None, 1.5, [1])] == ["007", "", "1.5", "[1]"]
    ```
    """
    if type(value) is str:
        return value
    value = json_cell(value, encoding)
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def json_cell(value: Any, encoding: str = "utf-8") -> Any:
    """Return a value as in JSON: None for a missing one, dates as text.

    Args:
        value: anything.
        encoding: str. Encoding of bytes. Defaults to "utf-8".

    Example:

    ```python
    assert json_cell({"a": float("nan")}) == {"a": None}
    ```
    """
    value = value if type(value) is str else _own(value)
    if is_missing(value):
        return None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode(encoding, "backslashreplace")
    if isinstance(value, dict):
        return {str(name): json_cell(part, encoding) for name, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or hasattr(value, "tolist"):
        parts = value.tolist() if hasattr(value, "tolist") else value
        return [json_cell(part, encoding) for part in parts]
    if isinstance(value, (date, time)):
        return value.isoformat()
    is_json = isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
    return value if is_json else str(value)


def plain_value(value: Any, encoding: str = "utf-8") -> Any:
    """Return a value as a plain Python one, for a data frame; None for a missing one."""
    if type(value) is str:
        return value
    if isinstance(value, CellFault):
        return str(value) or None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return json_cell(value, encoding)
    value = _own(value)
    return None if is_missing(value) else value


def sheet_cell(value: Any, encoding: str = "utf-8") -> Any:
    """Return a value as a workbook holds it: a text, a number, a bool, a date or None.

    What a workbook would round, or cannot hold, becomes text: large whole numbers, time zones, old
    dates.

    Args:
        value: anything.
        encoding: str. Encoding of bytes. Defaults to "utf-8".
    """
    if isinstance(value, CellFault):
        return with_escapes(str(value)) or None
    value = value if type(value) is str else _own(value)
    if is_missing(value):
        return None
    if isinstance(value, Decimal) and value.is_finite():
        number = float(value)
        value = number if Decimal(repr(number)) == value else value
    if isinstance(value, datetime):
        is_held = value.tzinfo is None and value.date() >= _FIRST_DAY and not value.microsecond
        return value if is_held else value.isoformat()
    if isinstance(value, date):
        return value if value >= _FIRST_DAY else value.isoformat()
    if isinstance(value, (time, timedelta)):
        return value
    if isinstance(value, (bool, int, float)) and -_EXACT < value < _EXACT:
        return value
    text = cell_text(value, encoding)
    return with_escapes(text) or None


def _own(value: Any) -> Any:
    """Return a scalar of another library as a plain Python one, including NumPy's dates."""
    value = plain(value)
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    if kind not in ("M", "m") or getattr(value, "shape", None) != ():
        return value
    exact = value.astype(f"{'datetime' if kind == 'M' else 'timedelta'}64[us]")
    return exact.item() if exact == value else str(value)
