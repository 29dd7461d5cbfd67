"""Which encodings a longer piece of text is likely to have, as charset-normalizer judges it."""

from dataclasses import dataclass

_LATIN = ("cp1252", "cp1250", "cp1254")
_ASIAN = ("gb18030", "big5", "cp932", "euc_jp", "cp949")
_OTHERS = (
    *("cp1251", "koi8_r", "iso8859_5", "cp866"),  # Cyrillic
    *("cp1253", "cp1255", "cp1256", "cp874"),  # Greek, Hebrew, Arabic, Thai
)
_MIN_BYTES = 24  # beyond ASCII; fewer fit several encodings by chance
_MAX_MESS = 0.3
_TIE = 0.01


@dataclass(frozen=True)
class LikelyEncoding:
    """An encoding in which bytes read as a text.

    Args:
        name: str.
        mess: float. How much of the text is unlike any language, from 0.
        coherence: float. How well its letters fit the frequencies of a language, up to 1; 0 for
            languages that are not written in letters.
    """

    name: str
    mess: float
    coherence: float


def likely_encodings(data: bytes, *more: str, max_mess: float = _MAX_MESS) -> list[LikelyEncoding]:
    """Return the encodings in which bytes read as a text, the likeliest first.

    Args:
        data: bytes.
        *more: names of encodings to try beside the usual ones.
        max_mess: float. Messier encodings are left out. Defaults to 0.3.
    """
    if sum(byte > 127 for byte in data) < _MIN_BYTES:
        return []
    from charset_normalizer import from_bytes

    names = [*_LATIN, *_ASIAN, *_OTHERS, *more]
    found = from_bytes(data, cp_isolation=names, threshold=max_mess, enable_fallback=False)
    return [LikelyEncoding(each.encoding, each.chaos, each.coherence) for each in found]


def ties(found: list[LikelyEncoding]) -> list[str]:
    """Return the names of those that are as likely as the likeliest, the most coherent first."""
    tied = [each for each in found if each.mess <= found[0].mess + _TIE]
    return [each.name for each in sorted(tied, key=lambda each: -each.coherence)]
