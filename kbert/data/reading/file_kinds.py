"""Errors for paths that identify no format: unknown suffixes, directories and streams."""

import re
from collections.abc import Sequence
from pathlib import Path

from kbert.data.reading.unpacked import COMPRESSED
from kbert.errors import InputError
from kbert.findings import Call, Cure, Joined, Message, Text
from kbert.utils.shell_words import shell_word

# Cures for files of other programs, however they are recognized.
EXCEL = Cure(note="in Excel, save it as CSV UTF-8 or .xlsx, and pass that file")
CALC = Cure(note="in LibreOffice, save it as CSV in UTF-8, and pass that file")
TABLE = Cure(note="save its table as CSV in UTF-8, and pass that file")
UNPACK = Cure(note="unpack it, and pass the labelled file")
PANDAS = Cure(note="load it where it was written, save the table as CSV or Parquet")

# The kinds of files whose suffixes identify none of kbert's formats.
_BY_SUFFIX: dict[str, tuple[Text, Cure]] = {
    **dict.fromkeys((".xlsb", ".xls"), (Message("an Excel workbook"), EXCEL)),
    **dict.fromkeys((".ods", ".fods"), (Message("an OpenDocument spreadsheet"), CALC)),
    ".numbers": (Message("a Numbers spreadsheet"), Cure(note="in Numbers, export it as CSV")),
    **dict.fromkeys((".html", ".htm"), (Message("a web page"), TABLE)),
    **dict.fromkeys(
        (".xml", ".pdf", ".doc", ".docx", ".rtf", ".odt"), (Message("a document"), TABLE)
    ),
    **dict.fromkeys((".tar", ".tgz", ".7z", ".rar"), (Message("an archive"), UNPACK)),
    **dict.fromkeys((".sqlite", ".sqlite3", ".db"), (Message("a database"), TABLE)),
    **dict.fromkeys(
        (".pkl", ".pickle", ".h5", ".hdf5", ".npy", ".npz", ".pt", ".rds", ".dta", ".sav"),
        (Message("a file in a program's own format"), PANDAS),
    ),
    **dict.fromkeys(
        (".orc", ".avro", ".tfrecord"), (Message("a table that kbert does not read"), PANDAS)
    ),
    **dict.fromkeys((".yaml", ".yml"), ("YAML", Cure(note="save the rows as JSON Lines"))),
}
_SET = re.compile(r"(train|dev|valid|validation|eval|test)(?![a-z])", re.IGNORECASE)


def unknown_suffix(path: Path, suffix: str, known: tuple[str, ...]) -> InputError:
    """Return the error for a suffix that identifies no format: what the file is, and what to do."""
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
        suffixes=Joined(known),
        cure=Cure({"format": "csv"}, note="or the format that the file has"),
    )


def no_standard_input() -> InputError:
    """Return the error for standard input that was given in place of a file."""
    return InputError(
        "Only {predict} reads standard input; other commands read a file more than once.",
        predict=Call("predict", "MODEL"),
        cure=Cure(note="save it to a file, and pass its path"),
    )


def is_directory(path: Path, known: tuple[str, ...]) -> InputError:
    """Return the error for a path that is a directory, and what to do with the files in it."""
    names = sorted(file.name for file in path.iterdir() if _format(file.name) in known)
    template = "{path} is a directory; a file was expected."
    cure = None
    if len(names) == 1:
        cure = Cure(note="pass {file}", values={"file": path / names[0]})
    elif names:
        template += " It holds {names}."
        cure = _parts(path, names)
    more = [Message("... ({names} files)", names=len(names))] if len(names) > 4 else []
    shown = Joined([*names[:4], *more])
    return InputError(template, path=path, names=shown, cure=cure)


def _suffix(name: str) -> str:
    """Return the suffix of a file name, including the one before a compression suffix."""
    path = Path(name)
    is_packed = path.suffix.lower() in COMPRESSED
    return f"{Path(path.stem).suffix}{path.suffix}" if is_packed else path.suffix


def _format(name: str) -> str:
    """Return the suffix by which the format of a file is known."""
    return Path(f"x{_suffix(name)}").suffixes[0].lower() if _suffix(name) else ""


def _parts(folder: Path, names: Sequence[str]) -> Cure:
    """Return how the files in a folder are read: as one set, unless they are sets of their own."""
    sets = [found[0] for name in names if (found := _SET.match(name)) is not None]
    suffixes = {_suffix(name) for name in names}
    apart = "pass one of these files; each of train, dev and test has an option of its own"
    if sets:
        parts = [name for name in names if name.startswith(sets[-1])]
        if len(parts) < 2:
            return Cure(note=apart)
        pattern = f"{sets[-1]}*{_suffix(parts[0])}"
        note = apart + "; the parts of a set are read by a pattern: {pattern}"
    elif len(suffixes) == 1:
        pattern = f"*{suffixes.pop()}"
        note = "to read them all as one set, pass {pattern}; or pass one of them"
    else:
        return Cure(
            note="pass one of these files, or a pattern such as {pattern}",
            values={"pattern": shell_word(folder / f"*{_suffix(names[0])}")},
        )
    return Cure(note=note, values={"pattern": shell_word(folder / pattern)})
