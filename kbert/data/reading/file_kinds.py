"""What a file is that kbert does not read, or not as the format it was taken for."""

import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from kbert.choices import FileFormat
from kbert.data.reading.columns import TEXT_NAMES
from kbert.errors import InputError
from kbert.findings import Call, Cure
from kbert.utils.foreign import foreign_input

_EXCEL = Cure(note="in Excel, save it as CSV UTF-8, and pass that file")
_CALC = Cure(note="in LibreOffice, save it as CSV in UTF-8, and pass that file")
_TABLE = Cure(note="save its table as CSV in UTF-8, and pass that file")
_UNPACK = Cure(note="unpack it, and pass the labelled file")
_PANDAS = Cure(note="load it where it was written, save the table as CSV or Parquet")

# What is behind suffixes that identify no format of kbert's.
_BY_SUFFIX: dict[str, tuple[str, Cure]] = {
    **dict.fromkeys((".xlsx", ".xlsm", ".xlsb", ".xls"), ("an Excel workbook", _EXCEL)),
    **dict.fromkeys((".ods", ".fods"), ("an OpenDocument spreadsheet", _CALC)),
    ".numbers": ("a Numbers spreadsheet", Cure(note="in Numbers, export it as CSV")),
    **dict.fromkeys((".html", ".htm"), ("a web page", _TABLE)),
    **dict.fromkeys((".xml", ".pdf", ".doc", ".docx", ".rtf", ".odt"), ("a document", _TABLE)),
    **dict.fromkeys((".tar", ".tgz", ".7z", ".rar"), ("an archive", _UNPACK)),
    ".zst": ("a file that zstd has compressed", Cure(note="unpack it first: zstd -d FILE")),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), ("a database", _TABLE)),
    **dict.fromkeys(
        (".pkl", ".pickle", ".h5", ".hdf5", ".npy", ".npz", ".pt", ".rds", ".dta", ".sav"),
        ("a file of a program's own", _PANDAS),
    ),
    **dict.fromkeys((".orc", ".avro", ".tfrecord"), ("a table that kbert does not read", _PANDAS)),
    **dict.fromkeys((".yaml", ".yml"), ("YAML", Cure(note="save the rows as JSON Lines"))),
}
# How files of a kind begin; zip archives are looked into.
_BY_BEGINNING: tuple[tuple[bytes, str, Cure], ...] = (
    (b"\x1f\x8b", "compressed by gzip", Cure(note="rename it so that its name ends in .gz")),
    (b"BZh", "compressed by bzip2", Cure(note="rename it so that its name ends in .bz2")),
    (b"\xfd7zXZ\0", "compressed by xz", Cure(note="rename it so that its name ends in .xz")),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd", Cure(note="unpack it first: zstd -d FILE")),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    (b"Rar!", "a rar archive", _UNPACK),
    (b"PAR1", "a Parquet file", Cure({"format": "parquet"})),
    (b"ARROW1", "an Arrow file", Cure({"format": "arrow"})),
    (b"FEA1", "a Feather file of version 1", _PANDAS),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (.xls)", _EXCEL),
    (b"%PDF", "a PDF document", _TABLE),
    (b"{\\rtf", "an RTF document", _TABLE),
    (b"SQLite format 3\0", "an SQLite database", _TABLE),
    (b"\x89HDF", "an HDF5 file", _PANDAS),
    (b"\x93NUMPY", "a NumPy array", _PANDAS),
    (b"\x80\x04\x95", "a pickle", _PANDAS),
    (b"\x80\x05\x95", "a pickle", _PANDAS),
    (b"\x89PNG", "an image", Cure(note="pass the labelled file")),
    (b"\x7fELF", "a program", Cure(note="pass the labelled file")),
    (b"version https://git-lfs", "a pointer of Git LFS", Cure(note="run git lfs pull")),
)
# How the parts of a data set become one file.
_JOINED = {
    "": Cure(note="pass one of these files; each of train, dev and test has an option of its own"),
    ".parquet": Cure(
        code='pyarrow.parquet.write_table(pyarrow.parquet.read_table("FOLDER"), "all.parquet")',
        note="in Python, to join parts; or pass one of the files",
    ),
    ".jsonl": Cure(note="pass one of these files, or join parts: cat FOLDER/*.jsonl > all.jsonl"),
    ".csv": Cure(
        note="pass one of these files, or join parts, whose headers must go but for the first: "
        "awk 'NR == 1 || FNR > 1' FOLDER/*.csv > all.csv"
    ),
}
_PAGE = ("<!doctype html", "<html", "<?xml", "<table")


def unknown_suffix(path: Path, suffix: str, known: tuple[str, ...]) -> InputError:
    """Return the error that a suffix identifies no format: what the file is, and what to do."""
    found = _BY_SUFFIX.get(suffix)
    if found is not None:
        return InputError(
            "{path} is {kind}, which kbert does not read.", path=path, kind=found[0], cure=found[1]
        )
    return InputError(
        "{path}: the suffix {suffix!r} does not identify a format. Expected one of {suffixes}."
        if suffix
        else "{path}: its name has no suffix that identifies a format, such as {suffixes}.",
        path=path,
        suffix=suffix,
        suffixes=", ".join(known),
        cure=Cure({"format": "csv"}, note="or the format that the file has"),
    )


def no_standard_input() -> InputError:
    """Return the error that standard input was given for a file."""
    return InputError(
        "Standard input is read only by {predict}; other files are read more than once.",
        predict=Call("predict", "MODEL"),
        cure=Cure(note="save it to a file, and pass its path"),
    )


def is_directory(path: Path, known: tuple[str, ...]) -> InputError:
    """Return the error that a path is a directory, and what to do with the files in it."""
    names = sorted(file.name for file in path.iterdir() if file.suffix.lower() in known)
    parts = [name for name in names if Path(name).suffix == Path(names[0]).suffix]
    template = "{path} is a directory; a file was expected."
    cure = None
    if len(names) == 1:
        cure = Cure(note="pass {file}", values={"file": path / names[0]})
    elif names:
        template += " It holds {names}."
        cure = _JOINED.get(Path(parts[0]).suffix.lower(), _JOINED[""])
    shown = ", ".join(names[:4]) + (f", ... ({len(names)} files)" if len(names) > 4 else "")
    return InputError(template, path=path, names=shown, cure=cure)


def check_packed(head: bytes, path: Path) -> None:
    """Raise InputError where a file is not compressed in the way that its suffix says."""
    beginning = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ", ".zip": b"PK"}
    suffix = path.suffix.lower()
    if not head.startswith(beginning[suffix]):
        raise InputError(
            "{path} is not compressed, or in another way than {suffix!r} says.",
            path=path,
            suffix=suffix,
            cure=Cure(note="rename it to what it is: {name}", values={"name": path.stem}),
        )


def check_beginning(head: bytes, source: str, format: FileFormat) -> None:
    """Raise InputError where a file begins like one of another kind than its format.

    Args:
        head: bytes. How it begins, up to a few KB.
        source: str. The name that messages use.
        format: the format that it would be read as.
    """
    kind = _binary_kind(head, source)
    if kind is not None and kind[1].settings == {"format": format}:
        return
    if kind is None and format in ("parquet", "arrow"):
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
            format={"lines": "text", "jsonl": "JSON Lines", "json": "JSON"}.get(
                format, format.upper()
            ),
            cure=kind[1],
        )


def _binary_kind(head: bytes, source: str) -> tuple[str, Cure] | None:
    if head.startswith(b"PK\3\4"):
        return _zip_kind(source)
    for beginning, kind, cure in _BY_BEGINNING:
        if head.startswith(beginning):
            return kind, cure
    return None


def _no_binary_kind(head: bytes, format: FileFormat) -> tuple[str, Cure] | None:
    """Return what a file is that would be Parquet or Arrow, but begins with text."""
    if head and head.isascii() and not any(byte < 9 for byte in head):
        return "text", Cure({"format": "csv"}, note="or the format that the file has")
    return None


def _zip_kind(source: str) -> tuple[str, Cure]:
    names: list[str] = []
    with (
        suppress(InputError),
        foreign_input("{source} is not a readable zip archive: {reason}.", source=source),
        zipfile.ZipFile(source) as archive,
    ):
        names = archive.namelist()
    if any(name.startswith("xl/") for name in names):
        return "an Excel workbook (.xlsx)", _EXCEL
    if any(name.startswith("word/") for name in names):
        return "a Word document", _TABLE
    if "content.xml" in names:
        return "an OpenDocument file", _CALC
    return "a zip archive", Cure(note="rename it so that its name ends in .zip, or unpack it")


def _text_kind(head: bytes, format: FileFormat) -> tuple[str, Cure] | None:
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if text[:14].lower().startswith(_PAGE):
        return "a web page or XML", _TABLE
    line = text.split("\n", 1)[0]
    if line.startswith("{") and isinstance(_parsed(line), dict):
        return "JSON Lines", Cure({"format": "jsonl"})
    if format != "lines" and text.startswith("[") and text[1:].lstrip().startswith("{"):
        return "JSON", Cure({"format": "json"})
    if format != "lines" and text.startswith("{") and text[1:].lstrip().startswith('"'):
        return "JSON", Cure({"format": "json"})
    return None


def _no_json_lines(head: bytes) -> tuple[str, Cure] | None:
    """Return what a file is that would be JSON Lines, but begins with an array or a header."""
    text = head.decode("utf-8", "ignore").lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return "a JSON array", Cure({"format": "json"})
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
