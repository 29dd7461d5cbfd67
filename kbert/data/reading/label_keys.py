"""Which names of classes are the same value, written in two ways."""

import re
import unicodedata
from typing import Literal

Likeness = Literal["number", "case", "form"]

_NUMBER = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)(?:e([+-]?[0-9]{1,9}))?")
_MINUS = dict.fromkeys(map(ord, "\u2212\u2012\u2013"), "-")  # minus sign, figure dash, en dash


def label_key(name: str) -> object:
    """Return what two names have in common that are one value.

    That is the number that they write ("1", "1.0", "01", "+1", "1e0", "１"), else the name without
    letter case, blanks, invisible characters and the forms of a character (NFKC).

    Example:

    ```python
    assert label_key("1.50") == label_key(" +1.5")
    assert label_key("Very Good") == label_key("very\u00a0good")
    assert label_key("1") != label_key("10")
    ```
    """
    written = _bare(unicodedata.normalize("NFKC", _bare(name)))
    return number_of(name) or unicodedata.normalize("NFKC", written)


def number_of(name: str) -> tuple[str, str, int] | None:
    """Return the number that a name writes, as sign, digits and exponent; None for a word.

    It is exact for any length: "0.10" and "1e-1" are ("", "1", -1).
    """
    text = _bare(unicodedata.normalize("NFKC", name)).translate(_MINUS)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        return None
    whole = (found[2] + found[3]).lstrip("0")
    digits = whole.rstrip("0")
    if not digits:
        return "", "0", 0
    exponent = int(found[4] or 0) - len(found[3]) + len(whole) - len(digits)
    return found[1].replace("+", ""), digits, exponent


def likeness(one: str, other: str) -> Likeness:
    """Return in what two names with the same key agree."""
    if number_of(one) is not None:
        return "number"
    return "case" if _bare(one) == _bare(other) else "form"


def _bare(name: str) -> str:
    """Return a name without blanks, letter case, and characters that are not seen."""
    seen = (c for c in name if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))
    return "".join(seen).casefold()
