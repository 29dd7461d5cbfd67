"""The table of any source: a path, an open file, or an object in memory."""

import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from kbert.choices import FileFormat, Quoting
from kbert.data.reading.json_lines import read_json_lines
from kbert.data.reading.memory_tables import read_object
from kbert.data.reading.parquet_table import read_parquet
from kbert.data.reading.rows import Table
from kbert.data.reading.text_lines import BadLine, TextLines, open_binary
from kbert.data.reading.text_tables import read_delimited, read_lines
from kbert.errors import InputError
from kbert.findings import Cure, Option

_SUFFIXES: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "lines",
}


@dataclass(frozen=True)
class TableFormat:
    """How a file is laid out; `read_examples` documents each setting."""

    format: FileFormat | None = None
    encoding: str = "utf-8"
    header: bool = True
    delimiter: str | None = None
    quoting: Quoting = "auto"


def open_table(source: Any, files: ExitStack, layout: TableFormat) -> Table:
    """Return the table of any source; `files` closes what was opened once that has been read."""
    if isinstance(source, (str, Path)):
        path = Path(source)
        layout = replace(layout, format=_format_of(path, layout))
        if layout.format == "parquet":
            open_binary(path).close()
            return read_parquet(path)
        if layout.format == "tsv" and layout.quoting == "auto":
            layout = replace(layout, quoting=_tsv_quoting(path, layout.encoding))
        return _text_table(files.enter_context(open_binary(path)), str(path), layout)
    if hasattr(source, "read"):
        layout = replace(layout, format=layout.format or "lines")
        return _text_table(source, getattr(source, "name", "standard input"), layout)
    return read_object(source)


def format_of_suffix(path: Path) -> FileFormat | None:
    """Return the format that the suffix of a path identifies, or None."""
    return _SUFFIXES.get(path.suffix.lower())


def _format_of(path: Path, layout: TableFormat) -> FileFormat:
    if path.is_dir():
        raise InputError("{path} is a directory; a file was expected.", path=path)
    found = layout.format or format_of_suffix(path)
    if found is None:
        raise InputError(
            "{path}: the suffix {suffix!r} does not identify a format. Expected one of {suffixes}.",
            path=path,
            suffix=path.suffix,
            suffixes=", ".join(_SUFFIXES),
            cure=Cure({"format": "csv"}, note="or the format that the file has"),
        )
    return found


def _text_table(stream: BinaryIO, name: str, layout: TableFormat) -> Table:
    # A tab as a shell can type it.
    delimiter = "\t" if layout.delimiter == r"\t" else layout.delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(
            "{option} must be a single character. Received: {delimiter!r}",
            option=Option("delimiter"),
            delimiter=delimiter,
        )
    if layout.format == "jsonl":
        return read_json_lines(stream, name, encoding=layout.encoding)
    if layout.format == "lines":
        return read_lines(stream, name, encoding=layout.encoding)
    is_csv = layout.format == "csv"
    return read_delimited(
        stream,
        name,
        delimiter=delimiter or ("," if is_csv else "\t"),
        encoding=layout.encoding,
        header=layout.header,
        quoted=layout.quoting == "standard" or (layout.quoting == "auto" and is_csv),
    )


def _tsv_quoting(path: Path, encoding: str) -> Quoting:
    """Return "standard" when every field that begins with a quote is well-formed, else "none"."""
    malformed = re.compile(r'(?:^|\t)"(?!(?:[^"\t\r\n]|"")*"(?:\t|\r?\n?$))')
    with open_binary(path) as stream:
        lines = TextLines(stream, encoding, str(path))
        while True:
            try:
                if malformed.search(next(lines)):
                    return "none"
            except StopIteration:
                return "standard"
            except BadLine:  # which the reader that follows reports
                continue
