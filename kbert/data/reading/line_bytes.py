"""The lines of a binary stream, whatever their line ends are."""

from collections.abc import Iterator
from typing import BinaryIO

from kbert.utils.untrusted import check_line_length, iter_lines

_CHUNK = 65_536


def ends_in_cr(text: str) -> bool:
    """Whether the lines of a text end in carriage returns alone, as on old Macs."""
    return text.count("\r") - text.count("\r\n") > text.count("\n")


def split_lines(stream: BinaryIO, encoding: str, source: str, *, at_cr: bool) -> Iterator[bytes]:
    """Yield the lines of a stream, including their ends.

    Args:
        stream: binary stream.
        encoding: str. One without a byte order mark.
        source: str. The name that messages use.
        at_cr: bool. Whether a carriage return alone ends a line too.
    """
    end = "\n".encode(encoding)
    if len(end) == 1 and not at_cr:
        yield from iter_lines(stream, source)
        return
    cr = "\r".encode(encoding) if at_cr else None
    rest = b""
    while chunk := stream.read(_CHUNK):
        data, start = rest + chunk, 0
        while (stop := _line_end(data, start, end, cr)) is not None:
            yield data[start:stop]
            start = stop
        rest = data[start:]
        check_line_length(rest, source)
    if rest:  # it may end in a carriage return that a line feed could have followed
        yield rest


def _line_end(data: bytes, start: int, end: bytes, cr: bytes | None) -> int | None:
    """Return where the line that begins at `start` ends, or None if more has to be read."""
    found = _find(data, end, start)
    if cr is None:
        return None if found is None else found + len(end)
    # Search no further than the line feed.
    first = _find(data, cr, start, len(data) if found is None else found)
    if first is None:
        return None if found is None else found + len(end)
    behind = first + len(cr)
    if behind >= len(data):
        return None
    return behind + len(end) if data.startswith(end, behind) else behind


def _find(data: bytes, mark: bytes, start: int, stop: int | None = None) -> int | None:
    """Return where a character is found, at a multiple of its length, or None."""
    at = data.find(mark, start, stop)
    while at >= 0 and at % len(mark):
        at = data.find(mark, at + 1, stop)
    return at if at >= 0 else None
