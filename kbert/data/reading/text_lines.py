"""The lines of a text file, decoded one by one so that a bad byte can be traced to its line."""

import codecs
import io
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from kbert.data.reading.encodings import (
    check_encoding,
    decodes,
    guess_encoding,
    unknown_encoding,
)
from kbert.data.reading.line_bytes import ends_in_cr, split_lines
from kbert.data.reading.row_text import cut
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Problem
from kbert.utils.file_errors import unreadable
from kbert.utils.untrusted import check_regular

_BUFFER = 65_536  # bytes, examined before the first line is read
_MAX_AHEAD = 2000  # lines read ahead to tell a wrong encoding from a broken row
_MAX_AHEAD_BYTES = 2**20
_MIN_UTF_8 = 4  # sequences; fewer are valid UTF-8 by chance
_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_NOT_TEXT = Cure(note="check that this is a text file")
_NUL = Problem(
    "the line contains a NUL character; text files do not",
    Cure(note="check that this is a text file and remove the character"),
)


class BadLine(Exception):
    """A line that is not text.

    Args:
        problem: Problem.
        line: str. The line, as far as it can be decoded.
    """

    def __init__(self, problem: Problem, line: str) -> None:
        super().__init__(problem, line)
        self.problem = problem
        self.line = line
        self.content = cut(line)

    def __str__(self) -> str:
        return str(self.problem)


class TextLines(Iterator[str]):
    """An iterator over the lines of a binary stream, including their line ends.

    A line ends in a line feed; if most end in a carriage return alone, either ends a line. Byte
    order marks at the beginning of a line are dropped. `__next__` raises BadLine for a line that
    does not decode or contains a NUL, and the next call continues with the line after it. If most
    lines do not decode, the encoding is wrong, and it raises InputError.
    """

    def __init__(self, stream: BinaryIO, encoding: str, source: str) -> None:
        self.number = 0
        self.source = source
        self._pending: str | BadLine | None = None
        stream, self._encoding = open_text(stream, encoding, source)
        sample = stream.peek(_BUFFER)  # type: ignore[attr-defined]
        self._is_mac = ends_in_cr(sample.decode(self._encoding, "ignore").rstrip("\r\n"))
        self._good = 0  # lines beyond ASCII that do decode
        self._judged = False
        self._guess: str | None = None  # the likely encoding of the last line that does not decode
        self._sample = b""  # lines that do not decode: a single one fits many encodings
        self._lines = split_lines(stream, self._encoding, source, at_cr=self._is_mac)

    def peek(self) -> str | None:
        """Return the next line without taking it, or None at the end or where it is bad."""
        if self._pending is None:
            try:
                self._pending = next(self)
            except BadLine as bad:
                self._pending = bad
            except StopIteration:
                self.number -= 1
                return None
            self.number -= 1
        return self._pending if isinstance(self._pending, str) else None

    def __next__(self) -> str:
        self.number += 1
        pending, self._pending = self._pending, None
        if isinstance(pending, BadLine):
            raise pending
        if pending is not None:
            return pending
        data = next(self._lines)
        try:
            line = data.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise self._undecodable(data, error) from None
        self._good += not data.isascii()
        if "\0" in line:
            self._check_is_not_utf_16(data)
            raise BadLine(_NUL, line)
        return line.lstrip("\ufeff")

    def _undecodable(self, data: bytes, error: UnicodeDecodeError) -> BadLine:
        """Return the problem of a line, or raise InputError where the encoding is wrong."""
        shown = " ".join(f"0x{b:02x}" for b in data[error.start : error.start + 4])
        if not self._judged:
            self._judged = True
            self._judge(data, shown)
        if self._guess is None or not decodes(data, self._guess):
            sample = self._sample + data
            self._guess = guess_encoding(sample, self._encoding, from_mac=self._is_mac)
        guess = self._guess
        problem = Problem(
            "the bytes {bytes} are not {encoding}",
            _NOT_TEXT if guess is None else Cure({"encoding": guess}),
            {"bytes": shown, "encoding": self._encoding},
        )
        return BadLine(problem, data.decode(self._encoding, "replace"))

    def _judge(self, data: bytes, shown: str) -> None:
        """Raise InputError if most lines beyond ASCII, read so far or ahead, do not decode."""
        ahead, size = [], 0
        for line in islice(self._lines, _MAX_AHEAD):
            ahead.append(line)
            size += len(line)
            if size > _MAX_AHEAD_BYTES:
                break
        self._lines = chain(ahead, self._lines)
        beyond = [line for line in ahead if not line.isascii()]
        bad = [data, *(line for line in beyond if not decodes(line, self._encoding))]
        self._sample = b"".join(bad[1:])[:_BUFFER]
        guess = guess_encoding(b"".join(bad)[:_BUFFER], self._encoding, from_mac=self._is_mac)
        good = self._good + len(beyond) - len(bad) + 1
        is_wrong = len(bad) > 1 and len(bad) > good
        if guess == "utf-8":  # lines that decode otherwise by chance are valid in it too
            is_wrong = all(decodes(line, guess) for line in beyond)
        if not is_wrong or (guess is None and len(bad) < 0.1 * (self.number + len(ahead))):
            return
        raise InputError(
            "{source} is not {encoding}: {count:,} of its first {lines:,} lines cannot be decoded, "
            "such as line {line} ({bytes}).",
            source=self.source,
            encoding=self._encoding,
            count=len(bad),
            lines=self.number + len(ahead),
            line=self.number,
            bytes=shown,
            cure=unknown_encoding() if guess is None else Cure({"encoding": guess}),
        )

    def _check_is_not_utf_16(self, data: bytes) -> None:
        """Raise InputError where a line with NULs is UTF-16 without a byte order mark."""
        guess = guess_encoding(data, self._encoding)
        if len(data) > 8 and guess in ("utf-16-le", "utf-16-be"):
            raise InputError(
                "{source} is not {encoding}: every other byte of line {line} is zero.",
                source=self.source,
                encoding=self._encoding,
                line=self.number,
                cure=Cure({"encoding": guess}),
            )


def open_text(stream: BinaryIO, encoding: str, source: str) -> tuple[BinaryIO, str]:
    """Return a stream with `peek`, positioned after its byte order mark, and its encoding.

    Raises:
        InputError: it is a text stream, the encoding does not exist, or another one is evident.
    """
    check_encoding(encoding)
    if isinstance(stream, io.TextIOBase):
        raise InputError("{source} was opened in text mode. Open it with mode 'rb'.", source=source)
    if not hasattr(stream, "peek"):
        stream = io.BufferedReader(stream, _BUFFER)  # type: ignore[type-var]
    name = _skip_mark(stream, codecs.lookup(encoding).name.removesuffix("-sig"), source)
    _check_is_not_utf_8(stream.peek(_BUFFER), name, source)
    return stream, f"{name}-le" if name in ("utf-16", "utf-32") else name


def _skip_mark(stream: BinaryIO, name: str, source: str) -> str:
    """Skip a byte order mark, and return the encoding with the byte order that it indicates."""
    head = stream.peek(4)[:4]  # type: ignore[attr-defined]
    for bom, kind in _BOMS.items():
        if head.startswith(bom):
            if not kind.startswith(name):
                raise InputError(
                    "{source} begins with the byte order mark of {mark}, but would be read as "
                    "{encoding}.",
                    source=source,
                    mark=kind[:6],
                    encoding=name,
                    cure=Cure({"encoding": kind[:6]}),
                )
            stream.read(len(bom))
            return kind if name in ("utf-16", "utf-32") else name
    return name


def _check_is_not_utf_8(sample: bytes, name: str, source: str) -> None:
    """Raise InputError if a file is UTF-8, but another encoding that decodes it was named."""
    if name.startswith("utf"):
        return
    whole = sample[: sample.rfind(b"\n") + 1] or sample
    if whole.isascii() or not decodes(whole, "utf-8"):
        return
    if sum(c > "\x7f" for c in whole.decode("utf-8")) >= _MIN_UTF_8:
        raise InputError(
            "{source} is UTF-8, but would be read as {encoding}.",
            source=source,
            encoding=name,
            cure=Cure({"encoding": "utf-8"}),
        )


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading, or raise a KbertError that says what is at its path."""
    try:
        check_regular(path)
        return path.open("rb", buffering=_BUFFER)
    except FileNotFoundError:
        alike = (p for p in path.parent.glob("*") if p.suffix == path.suffix and p.is_file())
        near = sorted(p.name for p in alike if not p.name.startswith("."))[:5]
        raise InputError(
            "There is no file {path}. Files of that kind beside it: {near}. Check the path."
            if near
            else "There is no file {path}. Check the path.",
            path=path,
            near=Joined(near),
        ) from None
    except OSError as error:
        raise unreadable(path, error) from error
