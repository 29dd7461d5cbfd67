"""Recognizes a file by how it begins, where it is not in the format that it was taken for."""

import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from kbert.choices import FileFormat
from kbert.data.reading.columns import TEXT_NAMES
from kbert.data.reading.file_kinds import CALC, EXCEL, PANDAS, TABLE, UNPACK
from kbert.errors import InputError
from kbert.findings import Cure, Message, Text
from kbert.utils.foreign import foreign_input
from kbert.utils.untrusted import LFS_CURE, LFS_POINTER

_COMPOUND = b"\xd0\xcf\x11\xe0"  # of Microsoft's files before they were zip archives
_ARCHIVE = (
    Message("a zip archive"),
    Cure(note="rename it so that its name ends in .zip, or unpack it"),
)
# How files of a kind begin; zip archives are looked into.
_BY_BEGINNING: tuple[tuple[bytes, Text, Cure], ...] = (
    (
        b"\x1f\x8b",
        Message("compressed by gzip"),
        Cure(note="rename it so that its name ends in .gz"),
    ),
    (b"BZh", Message("compressed by bzip2"), Cure(note="rename it so that its name ends in .bz2")),
    (
        b"\xfd7zXZ\0",
        Message("compressed by xz"),
        Cure(note="rename it so that its name ends in .xz"),
    ),
    (
        b"\x28\xb5\x2f\xfd",
        Message("compressed by zstd"),
        Cure(note="rename it so that its name ends in .zst"),
    ),
    (b"7z\xbc\xaf\x27\x1c", Message("a 7z archive"), UNPACK),
    (b"Rar!", Message("a rar archive"), UNPACK),
    (b"PAR1", "a Parquet file", Cure({"format": "parquet"})),
    (b"ARROW1", Message("an Arrow file"), Cure({"format": "arrow"})),
    (b"FEA1", Message("a Feather file of version 1"), PANDAS),
    (_COMPOUND, Message("an old Excel workbook (.xls)"), EXCEL),
    (b"%PDF", Message("a PDF document"), TABLE),
    (b"{\\rtf", Message("an RTF document"), TABLE),
    (b"SQLite format 3\0", Message("an SQLite database"), TABLE),
    (b"\x89HDF", Message("an HDF5 file"), PANDAS),
    (b"\x93NUMPY", Message("a NumPy array"), PANDAS),
    (b"\x80\x04\x95", Message("a pickle"), PANDAS),
    (b"\x80\x05\x95", Message("a pickle"), PANDAS),
    (b"\x89PNG", Message("an image"), Cure(note="pass the labelled file")),
    (b"\x7fELF", "a program", Cure(note="pass the labelled file")),
    (LFS_POINTER, "a pointer of Git LFS", LFS_CURE),
)
_PACKED = {
    ".gz": (b"\x1f\x8b",),
    ".bz2": (b"BZh",),
    ".xz": (b"\xfd7zXZ",),
    ".zst": (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"),  # the second is pzstd's
    ".zip": (b"PK",),
}
_PAGE = ("<!doctype html", "<html", "<?xml", "<table")


def check_packed(head: bytes, path: Path) -> None:
    """Raise InputError if a file is not compressed in the way that its suffix indicates."""
    suffix = path.suffix.lower()
    if not head.startswith(_PACKED[suffix]):
        raise InputError(
            "{path} is not compressed, or not in the way that {suffix!r} indicates.",
            path=path,
            suffix=suffix,
            cure=Cure(note="rename it to what it is: {name}", values={"name": path.stem}),
        )


def check_beginning(head: bytes, source: str, format: FileFormat) -> None:
    """Raise InputError if a file begins like a file of another kind than its format.

    Args:
        head: bytes. Its beginning, up to a few KB.
        source: str. The name that messages use.
        format: the format that it would be read as.
    """
    kind = _binary_kind(head, source)
    if format == "xlsx" and (head.startswith(_COMPOUND) or kind == _ARCHIVE):
        return  # protected by a password, or incomplete: the reader reports it
    if kind is not None and kind[1].settings == {"format": format}:
        return
    if kind is None and format in ("parquet", "arrow", "xlsx"):
        kind = _no_binary_kind(head, format)
    if kind is None and format in ("csv", "tsv", "lines"):
        kind = _text_kind(head, format)
    if kind is None and format == "jsonl":
        kind = _no_json_lines(head)
    if kind is not None:
        raise InputError(
            "{source} is {kind}, but would be read as {format}.",
            source=source,
            kind=kind[0],
            format={
                "lines": Message("text"),
                "jsonl": "JSON Lines",
                "json": "JSON",
                "xlsx": "XLSX",
            }.get(format, format.upper()),
            cure=kind[1],
        )


def _binary_kind(head: bytes, source: str) -> tuple[Text, Cure] | None:
    if head.startswith(b"PK\3\4"):
        return _zip_kind(source)
    for beginning, kind, cure in _BY_BEGINNING:
        if head.startswith(beginning):
            return kind, cure
    return None


def _no_binary_kind(head: bytes, format: FileFormat) -> tuple[Text, Cure] | None:
    """Return the kind of a file that should be Parquet, Arrow or XLSX, but begins with text."""
    if head and head.isascii() and not any(byte < 9 for byte in head):
        return Message("text"), Cure({"format": "csv"}, note="or the format that the file has")
    return None


def _zip_kind(source: str) -> tuple[Text, Cure]:
    names: list[str] = []
    with (
        suppress(InputError),
        foreign_input("{source} is not a readable zip archive: {reason}.", source=source),
        zipfile.ZipFile(source) as archive,
    ):
        names = archive.namelist()
    if "xl/workbook.bin" in names:
        return Message("a binary Excel workbook (.xlsb)"), EXCEL
    if any(name.startswith("xl/") for name in names):
        return Message("an Excel workbook"), Cure({"format": "xlsx"})
    if any(name.startswith("word/") for name in names):
        return Message("a Word document"), TABLE
    if "content.xml" in names:
        return Message("an OpenDocument file"), CALC
    return _ARCHIVE


def _text_kind(head: bytes, format: FileFormat) -> tuple[Text, Cure] | None:
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if text[:14].lower().startswith(_PAGE):
        return Message("a web page or XML"), TABLE
    line = text.split("\n", 1)[0]
    if line.startswith("{") and isinstance(_parsed(line), dict):
        return "JSON Lines", Cure({"format": "jsonl"})
    if format != "lines" and text.startswith("[") and text[1:].lstrip().startswith("{"):
        return "JSON", Cure({"format": "json"})
    if format != "lines" and text.startswith("{") and text[1:].lstrip().startswith('"'):
        return "JSON", Cure({"format": "json"})
    return None


def _no_json_lines(head: bytes) -> tuple[Text, Cure] | None:
    """Return the kind of a file that should be JSON Lines, but begins with an array or a header."""
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return Message("a JSON array"), Cure({"format": "json"})
    header = text.split("\n", 1)[0].strip()
    for mark, format in ((",", "csv"), ("\t", "tsv")):
        if set(header.casefold().split(mark)) & set(TEXT_NAMES):
            return "a table", Cure({"format": format})
    return None


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
