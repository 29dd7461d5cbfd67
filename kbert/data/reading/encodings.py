"""Which encoding a text file has, where it is not the one that it is read with."""

from collections.abc import Callable

from kbert.errors import InputError
from kbert.findings import Cure, Option

_MIN_SHARE = 0.75  # of the characters beyond ASCII that must be common in an encoding
_MIN_KOREAN = 12  # different characters; fewer fit Chinese by chance
_PUNCTUATION = frozenset("\xa0«»‘’“”‚„…–—€£©®°·•¡¿§¹²³½¼ª")


def check_encoding(encoding: str) -> None:
    """Raise KbertError when Python does not know an encoding."""
    try:
        "\n".encode(encoding)
        b"\n".decode(encoding, "ignore")  # which codecs of names of domains do not offer
    except (LookupError, TypeError, ValueError):
        raise InputError(
            "{option} must be one that Python knows, such as utf-8, gb18030 or cp1252. "
            "Received: {encoding!r}",
            option=Option("encoding"),
            encoding=encoding,
        ) from None


def unknown_encoding() -> Cure:
    """Return the cure where none can be guessed."""
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
    """Return the encoding that bytes probably have, or None where no known one is probable.

    An encoding fits where all bytes decode and most of the characters beyond ASCII are common
    ones: a byte sequence is often valid in several encodings, and then reads as rare characters.

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
    names = [name for name in _CANDIDATES if name != known and (from_mac or name != "mac_roman")]
    shares = {name: _share(data, name) for name in names}
    most = max(shares.values())
    fitting = [name for name in names if shares[name] == most >= _MIN_SHARE]
    if from_mac and "mac_roman" in fitting:
        return "mac_roman"
    if fitting[:1] == ["gb18030"] and "euc_kr" in fitting and _is_korean(data):
        return "cp949"
    return _NAMES.get(fitting[0], fitting[0]) if fitting else None


def _share(data: bytes, encoding: str) -> float:
    """Return the share of characters beyond ASCII that are common, 0 where data do not decode."""
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
    text = {c for c in data.decode("euc_kr") if c > "\x7f"}
    return len(text) >= _MIN_KOREAN and all("가" <= c <= "힣" for c in text)


# Each with a test of the characters that are common in it. Of two that fit equally, the first.
_CANDIDATES: dict[str, Callable[[str, int], bool]] = {
    "gb18030": _by_bytes("gb2312", (0xA1, 0xA1), (0xA3, 0xA3), (0xB0, 0xD7)),
    "big5": _by_bytes("big5", (0xA1, 0xC6)),
    "shift_jis": _by_bytes("shift_jis", (0x81, 0x83), (0x88, 0x98)),
    "euc_jp": _by_bytes("euc_jp", (0xA1, 0xA1), (0xA3, 0xA5), (0xB0, 0xCF)),
    "euc_kr": _by_bytes("euc_kr", (0xA1, 0xA1), (0xB0, 0xC8)),
    "cp1252": _is_western,
    "cp1251": _is_cyrillic,
    "mac_roman": _is_western,
}
# How Windows extends them.
_NAMES = {"euc_kr": "cp949"}
