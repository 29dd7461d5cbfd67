"""The lines of a text file, decoded one by one so that a bad byte is found in its line."""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from kbert.data.reading.rows import Problem
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.utils.untrusted import check_line_length, check_regular, iter_lines

_BOMS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_GUESSES = ("utf-8", "gb18030", "big5", "shift_jis", "cp1252")
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
        self.content = line[:200]

    def __str__(self) -> str:
        return str(self.problem)


def check_encoding(encoding: str) -> None:
    """Raise KbertError when Python does not know an encoding."""
    try:
        "\n".encode(encoding)
    except LookupError:
        raise InputError(
            "{option} must be one that Python knows, such as utf-8, gb18030 or cp1252. "
            "Received: {encoding!r}",
            option=Option("encoding"),
            encoding=encoding,
        ) from None


class TextLines(Iterator[str]):
    """An iterator over the lines of a binary stream, including their line ends.

    A byte order mark is dropped. `__next__` raises BadLine for a line that does not decode or
    contains a NUL; the next call continues with the line after it.
    """

    def __init__(self, stream: BinaryIO, encoding: str, source: str) -> None:
        check_encoding(encoding)
        if isinstance(stream, io.TextIOBase):
            raise InputError(
                "{source} was opened in text mode. Open it with mode 'rb'.", source=source
            )
        self.number = 0
        if not hasattr(stream, "peek"):
            stream = io.BufferedReader(stream)  # type: ignore[type-var]
        name = codecs.lookup(encoding).name.removesuffix("-sig")
        # Guesses are tried on what is buffered too: a single line fits many encodings.
        self._sample = b"\n".join(stream.peek(4).splitlines()[:-1])
        head = stream.peek(4)[:4]
        for bom, kind in _BOMS.items():
            if head.startswith(bom):
                if kind != "utf-8" and not kind.startswith(name):
                    raise InputError(
                        "{source} begins with the byte order mark of {mark}, but would be read "
                        "as {encoding}.",
                        source=source,
                        mark=kind[:6],
                        encoding=encoding,
                        cure=Cure({"encoding": kind[:6]}),
                    )
                stream.read(len(bom))
                if name in ("utf-16", "utf-32"):
                    name = kind
                break
        self._encoding = f"{name}-le" if name in ("utf-16", "utf-32") else name
        self._lines = _split(stream, "\n".encode(self._encoding), source)

    def __next__(self) -> str:
        self.number += 1
        data = next(self._lines)
        try:
            line = data.decode(self._encoding)
        except UnicodeDecodeError as error:
            raise self._undecodable(data, error) from None
        if "\0" in line:
            raise BadLine(_NUL, line)
        return line

    def _undecodable(self, data: bytes, error: UnicodeDecodeError) -> BadLine:
        sample = self._sample + b"\n" + data
        fitting = (name for name in _GUESSES if name != self._encoding and _decodes(sample, name))
        guess = next(fitting, None)
        problem = Problem(
            "the bytes {bytes} are not {encoding}",
            _NOT_TEXT if guess is None else Cure({"encoding": guess}),
            {
                "bytes": " ".join(f"0x{b:02x}" for b in data[error.start : error.start + 4]),
                "encoding": self._encoding,
            },
        )
        return BadLine(problem, data.decode(self._encoding, "replace"))


def _split(stream: BinaryIO, end: bytes, source: str) -> Iterator[bytes]:
    """Yield lines that end in the bytes `end`, at a multiple of their length."""
    if len(end) == 1:
        yield from iter_lines(stream, source)
        return
    rest = b""
    while chunk := stream.read(65_536):
        data, start, at = rest + chunk, 0, max(0, len(rest) - len(end))
        while (at := data.find(end, at)) >= 0:
            if at % len(end):
                at += 1
                continue
            at += len(end)
            yield data[start:at]
            start = at
        rest = data[start:]
        check_line_length(rest, source)
    if rest:
        yield rest


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return all(line.replace("\t", " ").isprintable() for line in text.splitlines())


def open_binary(path: Path) -> BinaryIO:
    """Open a file for reading, or raise KbertError that says what lies there."""
    try:
        check_regular(path)
        return path.open("rb")
    except FileNotFoundError:
        near = sorted(p.name for p in path.parent.glob("*") if p.suffix == path.suffix)[:5]
        raise InputError(
            "There is no file {path}. Files of that kind beside it: {near}. Check the path."
            if near
            else "There is no file {path}. Check the path.",
            path=path,
            near=", ".join(near),
        ) from None
    except OSError as error:
        raise InputError(
            "{path} cannot be read: {reason}.", path=path, reason=error.strerror
        ) from None
