"""Guesses the encoding of a text file, where it is not the one that the file is read with."""

import codecs
from collections.abc import Callable

from kbert.data.reading.encoding_names import nearest_encoding
from kbert.data.reading.latin_alphabets import LATIN, latin_encoding
from kbert.data.reading.likely_encodings import LikelyEncoding, likely_encodings, ties
from kbert.errors import InputError
from kbert.findings import Cure, Option

_MIN_SHARE = 0.75  # of the characters beyond ASCII that must be common in an encoding
_MIN_COHERENCE = 0.2
_MIN_LESS_MESS = 0.1  # by which a text's mess must be less in the right encoding
_MIN_KOREAN = 12  # different characters; fewer fit Chinese by chance
_PUNCTUATION = frozenset("\xa0«»‘’“”‚„…–—€£©®°·•¡¿§¹²³½¼ª")


def check_encoding(encoding: str) -> None:
    """Raise KbertError when Python does not know an encoding."""
    try:
        "\n".encode(encoding)
        b"\n".decode(encoding, "ignore")  # codecs for domain names do not support this
    except (LookupError, TypeError, ValueError):
        near = nearest_encoding(str(encoding))
        raise InputError(
            "{option} must be one that Python knows, such as utf-8, gb18030 or cp1252. "
            "Received: {encoding!r}",
            option=Option("encoding"),
            encoding=encoding,
            cure=None if near is None else Cure({"encoding": near}),
        ) from None


def unknown_encoding() -> Cure:
    """Return the cure where no encoding can be guessed."""
    note = "the one that the file was written in, or save it again as UTF-8"
    return Cure({"encoding": "NAME"}, note=note)


def decodes(data: bytes, encoding: str) -> bool:
    """Whether bytes are valid in an encoding."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def guess_encoding(data: bytes, known: str = "utf-8", *, from_mac: bool = False) -> str | None:
    """Return the encoding that bytes probably have, or None if no candidate is probable.

    An encoding fits if all bytes decode and most of the characters beyond ASCII are common ones: a
    byte sequence is often valid in several encodings, but reads as rare characters in the wrong
    ones. If there are more than a few words, they are also judged by the letter frequencies of
    languages.

    Args:
        data: bytes. Some whole lines, not all of them ASCII.
        known: str. The encoding that they do not have. Defaults to "utf-8".
        from_mac: bool. Whether old Macs are likely to have written them. Defaults to False.
    """
    if known != "utf-8" and decodes(data, "utf-8"):
        return "utf-8"
    if data.count(0) > len(data) // 8:
        # In UTF-16 every other byte of ASCII characters is zero.
        return "utf-16-le" if data[1::2].count(0) > data[::2].count(0) else "utf-16-be"
    by_characters = _by_characters(data, known, from_mac)
    if by_characters == "mac_roman":
        return by_characters
    likely = [
        each for each in likely_encodings(data) if each.name != known and _is_sure(each, data)
    ]
    names = ties(likely)
    is_latin = by_characters == "cp1252" and not likely
    if is_latin or (by_characters in ("cp1252", None) and set(names) & set(LATIN)):
        return latin_encoding(data, known) or by_characters
    if by_characters in _ASIAN.values() and any(
        _ASIAN.get(each.name) == by_characters for each in likely
    ):
        return by_characters
    return names[0] if names else by_characters


def misread_as(data: bytes, encoding: str) -> str | None:
    """Return the encoding of bytes that decode in another one, but resemble no language there.

    Args:
        data: bytes. Some texts.
        encoding: str. The one that they were decoded with.

    Returns:
        str or None. None if `encoding` may be right, or if the two differ only in single letters,
        from which the right one cannot be told for certain.
    """
    right = guess_encoding(data, encoding)
    if right is None or right.startswith(("utf", "mac")):
        return None
    text = data.decode(encoding, "replace")
    if data.decode(right, "replace") == text or (right in LATIN and not _is_beyond_latin(text)):
        return None
    known = codecs.lookup(encoding).name.replace("-", "_")
    mess = {_ASIAN.get(each.name, each.name): each.mess for each in likely_encodings(data, known)}
    names = LATIN if right in LATIN else (right,)
    least = min((mess[name] for name in names if name in mess), default=1.0)
    return right if mess.get(known, 1.0) - least >= _MIN_LESS_MESS else None


def _is_beyond_latin(text: str) -> bool:
    """Whether most letters beyond ASCII are not Latin letters."""
    letters = [c for c in text if c > "\x7f" and c.isalpha()]
    return 2 * sum(c > "\u024f" for c in letters) > len(letters)


def _is_sure(likely: LikelyEncoding, data: bytes) -> bool:
    """Whether bytes fit a likely encoding because of their language, and not by chance."""
    if likely.name in _ASIAN:
        return _share(data, _ASIAN[likely.name]) >= _MIN_SHARE
    return likely.coherence >= _MIN_COHERENCE


def _by_characters(data: bytes, known: str, from_mac: bool) -> str | None:
    """Return the encoding in which most characters are common ones, however short a text is."""
    names = [name for name in _CANDIDATES if name != known and (from_mac or name != "mac_roman")]
    shares = {name: _share(data, name) for name in names}
    most = max(shares.values())
    fitting = [name for name in names if shares[name] == most >= _MIN_SHARE]
    if from_mac and "mac_roman" in fitting:
        return "mac_roman"
    if fitting[:1] == ["gb18030"] and "cp949" in fitting and _is_korean(data):
        return "cp949"
    return fitting[0] if fitting else None


def _share(data: bytes, encoding: str) -> float:
    """Return the share of characters beyond ASCII that are common, 0 if data do not decode."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    if not all(line.replace("\t", " ").isprintable() for line in text.splitlines()):
        text = text.replace("\xa0", " ").replace("\u3000", " ")
        if not all(line.replace("\t", " ").isprintable() for line in text.splitlines()):
            return 0.0
    is_common = _CANDIDATES[encoding]
    places = [at for at, c in enumerate(text) if c > "\x7f"]
    return sum(is_common(text, at) for at in places) / max(len(places), 1)


def _by_bytes(encoding: str, *ranges: tuple[int, int]) -> Callable[[str, int], bool]:
    """Return a test of characters by the first of their two bytes in an encoding."""

    def is_common(text: str, at: int) -> bool:
        data = text[at].encode(encoding, "ignore")
        return len(data) == 2 and any(low <= data[0] <= high for low, high in ranges)

    return is_common


def _is_western(text: str, at: int) -> bool:
    """Whether a character fits a word of a Western European language."""
    if text[at] in _PUNCTUATION:
        return True
    if not text[at].isalpha() or text[at] in "ŽžˇˆŠšƒªº":
        return False
    around = [c > "\x7f" and c.isalpha() for c in text[max(at - 2, 0) : at + 3]]
    return _has_case_of_a_word(text, at) and sum(around) < 3


def _is_cyrillic(text: str, at: int) -> bool:
    if text[at] in _PUNCTUATION or text[at] == "№":
        return True
    beside = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    mixed = any(c.isascii() and c.isalpha() for c in beside)
    return (
        ("А" <= text[at] <= "я" or text[at] in "ёЁ") and not mixed and _has_case_of_a_word(text, at)
    )


def _has_case_of_a_word(text: str, at: int) -> bool:
    return text[at].islower() or at == 0 or not text[at - 1].islower()


def _is_korean(data: bytes) -> bool:
    """Whether text that fits Chinese has only characters that are Korean syllables too."""
    text = {c for c in data.decode("cp949") if c > "\x7f"}
    return len(text) >= _MIN_KOREAN and all("가" <= c <= "힣" for c in text)


# Each encoding with a test for the characters that are common in it. Of two that fit equally, the
# first is taken.
_CANDIDATES: dict[str, Callable[[str, int], bool]] = {
    "gb18030": _by_bytes("gb2312", (0xA1, 0xA1), (0xA3, 0xA3), (0xB0, 0xD7)),
    "big5": _by_bytes("big5", (0xA1, 0xC6)),
    "shift_jis": _by_bytes("shift_jis", (0x81, 0x83), (0x88, 0x98)),
    "euc_jp": _by_bytes("euc_jp", (0xA1, 0xA1), (0xA3, 0xA5), (0xB0, 0xCF)),
    "cp949": _by_bytes("euc_kr", (0xA1, 0xA1), (0xB0, 0xC8)),
    "cp1252": _is_western,
    "cp1251": _is_cyrillic,
    "koi8_r": _is_cyrillic,
    "mac_roman": _is_western,
}
# Their names in charset-normalizer, and in kbert.
_ASIAN = {name: name for name in ("gb18030", "big5", "euc_jp", "cp949")} | {"cp932": "shift_jis"}
