"""The lines of a text file, decoded one by one so that a bad byte is found in its line."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kbert.errors import KbertError

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_GUESSES = ("utf-8", "gb18030", "big5", "shift_jis", "cp1252")


class BadLine(Exception):
    """A line that is not text: its reason and its cure."""

    def __init__(self, reason: str, cure: str, content: str) -> None:
        super().__init__(reason)
        self.reason, self.cure, self.content = reason, cure, content


def check_encoding(encoding: str) -> None:
    """Raise KbertError when Python knows no such encoding."""
    try:
        codecs.lookup(encoding)
    except LookupError:
        raise KbertError(
            f"`encoding` must be one that Python knows, such as utf-8, gb18030 or cp1252. "
            f"Received: {encoding!r}"
        ) from None


class TextLines(Iterator[str]):
    """An iterator over the lines of a binary stream, line ends kept.

    A byte order mark is dropped. `__next__` raises BadLine for a line with bytes that are not of
    the encoding, or with a NUL; the next call goes on behind it.
    """

    def __init__(self, stream: BinaryIO, encoding: str, source: str) -> None:
        check_encoding(encoding)
        self.number = 0
        self._encoding = encoding
        head = stream.peek(4)[:4] if hasattr(stream, "peek") else b""
        for bom, name in _BOMS.items():
            if head.startswith(bom):
                if name != "utf-8" and not encoding.lower().startswith(name[:6]):
                    raise KbertError(
                        f"{source} begins with the byte order mark of {name}, and was to be read "
                        f"as {encoding}. Pass the encoding: --encoding {name}"
                    )
                if name == "utf-8":
                    stream.read(len(bom))
                break
        if "\n".encode(encoding).endswith(b"\n") and len("\n".encode(encoding)) == 1:
            self._lines: Iterator[bytes] | None = iter(stream)
        else:  # UTF-16 and UTF-32: a line cannot be found before it is decoded
            self._lines = None
            self._text = codecs.getreader(encoding)(stream)

    def __next__(self) -> str:
        self.number += 1
        if self._lines is None:
            try:
                line = self._text.readline()
            except UnicodeError as error:
                raise KbertError(
                    f"The file is not {self._encoding} near line {self.number}: {error}. "
                    "Pass its encoding with --encoding."
                ) from None
            if not line:
                raise StopIteration
        else:
            data = next(self._lines)
            try:
                line = data.decode(self._encoding)
            except UnicodeDecodeError as error:
                raise self._undecodable(data, error) from None
        if "\0" in line:
            raise BadLine(
                "the line holds a NUL character, which no text does",
                "Check that this is a text file, remove the character, or skip the row: "
                "--on-bad-row skip",
                line[:200],
            )
        return line

    def _undecodable(self, data: bytes, error: UnicodeDecodeError) -> BadLine:
        fits = [name for name in _GUESSES if name != self._encoding and _decodes(data, name)]
        cure = f"Try --encoding {fits[0]}" if fits else "Check that this is a text file"
        bad = " ".join(f"0x{byte:02x}" for byte in data[error.start : error.start + 4])
        return BadLine(
            f"the bytes {bad} are not {self._encoding}",
            f"{cure}, or skip the row: --on-bad-row skip",
            data[:200].decode(self._encoding, "replace"),
        )


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return text.strip("\r\n\t").isprintable()


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading, or raise KbertError that says what stands there."""
    try:
        return path.open("rb")
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*") if p.suffix == path.suffix][:5]
        beside = f" Files of that kind beside it: {', '.join(sorted(near))}." if near else ""
        raise KbertError(f"There is no file {path}.{beside} Check the path.") from None
    except OSError as error:
        raise KbertError(f"{path} cannot be read: {error.strerror}.") from None
