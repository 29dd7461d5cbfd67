"""Characters that the XML of a workbook cannot hold, as Excel writes them: `_x000D_`."""

import re

_CONTROL = re.compile(r"_x(00[01][0-9A-Fa-f])_")
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_NEVER = re.compile("[\ud800-\udfff\ufffe\uffff]")


def without_escapes(text: str) -> str:
    """Return a cell's text with the control characters that Excel has escaped.

    Example:

    ```python
    assert without_escapes("a_x000D_") == "a" + chr(13)
    ```
    """
    return _CONTROL.sub(lambda found: chr(int(found[1], 16)), text) if "_x0" in text else text


def with_escapes(text: str) -> str:
    """Return a text as a workbook holds it; lone surrogates become U+FFFD.

    Example:

    ```python
    assert with_escapes("a" + chr(13)) == "a_x000D_"
    ```
    """
    text = _UNSAFE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return _NEVER.sub("\ufffd", text)
