"""Finds class names that are the same value written in two ways."""

import re
import unicodedata
from typing import Literal

Likeness = Literal["number", "case", "form"]

_NUMBER = re.compile(r"([+-]?)([0-9]*)\.?([0-9]*)(?:e([+-]?[0-9]{1,9}))?")
_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
_POINTS = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+,[0-9]+")  # 1.000,5
# Dashes and quotation marks that programs write in place of those on a keyboard.
_MARKS = {
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u02bc\u2032"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"'),
}
# Cyrillic letters that look like Latin ones, and the Turkish i without a dot.
_LETTERS = str.maketrans("авекмнорстухіјѕı", "abekmhopctyxijsi")
# Invisible, but not control characters: variation selectors, fillers, the Braille blank.
_UNSEEN = {0x34F, 0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)}
_UNSEEN |= {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}


def label_key(name: str) -> object:
    """Return a key that is the same for two names of one value.

    It is the number that the name represents ("1", "1.0", "1,0", "01", "+1", "1e0", "１"), else the
    name without letter case, blanks, invisible characters, quotation marks around it and variant
    forms of characters (NFKC, dashes, letters that look the same).

    Example:

    ```python
    assert label_key("1.50") == label_key(" +1.5")
    assert label_key("Very Good") == label_key("very\u00a0good")
    assert label_key("1") != label_key("10")
    ```
    """
    written = bare_name(name)
    return number_of(written) or written.translate(_LETTERS)


def bare_name(name: str) -> str:
    """Return a name without letter case, blanks, invisible characters, and quotes around it."""
    written = _bare(unicodedata.normalize("NFKC", _bare(name)))
    written = unicodedata.normalize("NFKC", written).translate(_MARKS)
    return written.strip("'\"") or written


def number_of(name: str) -> tuple[str, str, int] | None:
    """Return the number that a name represents, as sign, digits and exponent; None for a word.

    It is exact for any length: "0.10" and "1e-1" are ("", "1", -1). A comma separates thousands
    if three digits follow ("1,000"), else decimals ("1,5").
    """
    text = _bare(unicodedata.normalize("NFKC", name)).translate(_MARKS)
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    if _POINTS.fullmatch(text):
        text = text.replace(".", "")
    if "," in text:
        text = text.replace(",", "" if _THOUSANDS.fullmatch(text) else ".")
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
    """Return in what way two names with the same key are alike."""
    if number_of(one) is not None:
        return "number"
    return "case" if _bare(one) == _bare(other) else "form"


def _bare(name: str) -> str:
    """Return a name without blanks, letter case, and invisible characters."""
    if name.isascii() and name.isprintable():
        return name.replace(" ", "").casefold()
    seen = (c for c in name if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))
    seen = (c for c in seen if ord(c) not in _UNSEEN)
    return "".join(seen).casefold().replace("i\u0307", "i")  # of a Turkish capital I with a dot
