"""Texts that were decoded with another encoding than the one they were written in."""

import codecs
import itertools
import re
from collections.abc import Callable

from kbert.data.reading.encodings import decodes, misread_as
from kbert.data.reading.examples import Examples
from kbert.data.reading.latin_alphabets import LATIN, latin_encoding
from kbert.findings import Cure, Finding
from kbert.utils.wording import count_noun

_SAMPLE = 2000  # non-ASCII texts that are examined
_MAX_BYTES = 65_536
_MIN_SHARE = 0.01  # of the texts examined; single ones are copied from somewhere
_ERROR = 0.1  # of them
_MAX_SHOWN = 40
_C1 = re.compile("[\x80-\x84\x86-\x9f]")  # control characters that no text has; U+0085 ends lines
# Returns a text as it was written, and its encoding; None for one that was decoded correctly.
_Mend = Callable[[str], tuple[str, str] | None]


def wrong_encoding_findings(examples: Examples) -> list[Finding]:
    """Return the finding that texts look as if they were decoded with a wrong encoding, if any."""
    first = list(itertools.islice(examples.texts, 10 * _SAMPLE))
    places = [at for at, text in enumerate(first) if not text.isascii()][:_SAMPLE]
    rows = places[-1] + 1 if len(places) == _SAMPLE else len(first)
    # A UTF-8 file may hold texts that were decoded wrongly before, and then written as UTF-8.
    encoding = "cp1252" if _is_utf(examples) else examples.encoding
    for mend in (
        _as_written(first, places, encoding),
        _from_utf_8(encoding),
        _from_windows(first, places),
    ):
        found = {at: mended for at in places if (mended := mend(first[at])) is not None}
        if len(found) > _MIN_SHARE * rows:
            return [_finding(examples, encoding, found, rows)]
    return []


def _is_utf(examples: Examples) -> bool:
    return codecs.lookup(examples.encoding).name.startswith("utf")


def _as_written(texts: list[str], places: list[int], encoding: str) -> _Mend:
    """Return how to mend texts that, as a whole, are letters of another writing system."""
    parts, size = [], 0
    for at in places:
        data = _encoded(texts[at], encoding)
        if data is not None and size < _MAX_BYTES:
            parts.append(data)
            size += len(data)
    right = misread_as(b"\n".join(parts), encoding)

    def mend(text: str) -> tuple[str, str] | None:
        data = None if right is None else _encoded(text, encoding)
        return None if right is None or data is None else (data.decode(right, "replace"), right)

    return mend


def _from_utf_8(encoding: str) -> _Mend:
    """Return how to mend a text whose non-ASCII characters are UTF-8 when encoded again."""

    def mend(text: str) -> tuple[str, str] | None:
        data = _encoded(text, encoding)
        if data is None or not decodes(data, "utf-8"):
            return None
        mended = data.decode("utf-8")
        beyond = [c for c in mended if c > "\x7f"]
        # A single two-byte character may be a letter and a quotation mark, as at the end of CAFÉ”.
        if len(beyond) == 1 and "\xff" < beyond[0] < "\u0800":
            return None
        return mended, "utf-8"

    return mend


def _from_windows(texts: list[str], places: list[int]) -> _Mend:
    """Return how to mend a text that has control characters in place of quotes and letters."""
    parts = [texts[at] for at in places if _C1.search(texts[at])]
    data = "\n".join(part for part in parts if max(part) < "\u0100")[:_MAX_BYTES]
    right = latin_encoding(data.encode("latin-1")) or "cp1252"

    def mend(text: str) -> tuple[str, str] | None:
        if not _C1.search(text):
            return None
        return "".join(
            c.encode("latin-1").decode(right, "replace") if "\x7f" < c < "\u0100" else c
            for c in text
        ), right

    return mend


def _encoded(text: str, encoding: str) -> bytes | None:
    """Return the bytes of a text, some of which may have been decoded as control characters."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        pass
    try:
        return b"".join(c.encode("latin-1" if "\x7f" < c < "\xa0" else encoding) for c in text)
    except UnicodeEncodeError:
        return None


def _finding(
    examples: Examples, encoding: str, found: dict[int, tuple[str, str]], rows: int
) -> Finding:
    at, (mended, right) = next(iter(found.items()))
    text = examples.texts[at]
    is_latin_1 = all(max(examples.texts[place]) < "\u0100" for place in found)
    if right in LATIN or (_is_utf(examples) and is_latin_1):
        encoding = "latin-1"  # which has the control characters
    pairs = enumerate(zip(text, mended, strict=False))
    start = max(next((place for place, (a, b) in pairs if a != b), 0) - _MAX_SHOWN // 2, 0)
    cure = Cure({"encoding": right})
    if _is_utf(examples):
        cure = Cure(
            code=f'text.encode("{encoding}").decode("{right}")',
            note="in Python, for each text; or export the file again, as UTF-8",
        )
    return Finding(
        "wrong-encoding",
        "error" if len(found) > _ERROR * rows else "warning",
        "{found} of the first {rows} look as if they were written in {right} and decoded with "
        "{encoding}, the first in {place}: {text!r} would be {mended!r}.",
        cure,
        {
            "found": f"{len(found):,}",
            "rows": count_noun(rows, "text"),
            "right": right,
            "encoding": encoding,
            "place": examples.place(examples.number(at)),
            "text": text[start : start + _MAX_SHOWN],
            "mended": mended[start : start + _MAX_SHOWN],
        },
    )
