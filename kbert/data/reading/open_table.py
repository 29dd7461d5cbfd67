"""The table of any source: a path, an open file, or an object in memory."""

import io
import re
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from kbert.choices import FileFormat, Quoting
from kbert.data.reading.arrow_table import read_arrow
from kbert.data.reading.file_beginnings import check_beginning, check_packed
from kbert.data.reading.file_kinds import is_directory, no_standard_input, unknown_suffix
from kbert.data.reading.file_suffixes import SUFFIXES, format_of_suffix
from kbert.data.reading.json_lines import read_json_lines
from kbert.data.reading.json_table import read_json_table
from kbert.data.reading.memory_tables import read_object
from kbert.data.reading.parquet_table import read_parquet
from kbert.data.reading.rows import Table
from kbert.data.reading.text_lines import BadLine, TextLines, open_binary
from kbert.data.reading.text_tables import read_delimited, read_lines
from kbert.data.reading.unpacked import COMPRESSED, inner_name, unpack
from kbert.data.reading.xlsx_table import read_xlsx
from kbert.data.shards.location import is_store, is_uri
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.utils.file_errors import check_name, unreadable


@dataclass(frozen=True)
class TableFormat:
    """How a file is laid out; `read_examples` documents each setting."""

    format: FileFormat | None = None
    encoding: str = "utf-8"
    header: bool = True
    delimiter: str | None = None
    quoting: Quoting = "auto"
    dates: tuple[str, ...] = ()  # the columns that may hold dates; others of that kind are left out
    sheet: str | None = None
    kept: tuple[str, ...] = ()  # the columns that are read too, whatever they hold


def open_table(source: Any, files: ExitStack, layout: TableFormat) -> Table:
    """Return the table of any source; `files` closes the opened file once it has been read."""
    if is_store(source) and not is_uri(source):
        raise InputError(
            "{source} is a token store, which has no texts to read.",
            source=source,
            cure=Cure(note="name the labelled file that it was made from, or another"),
        )
    if is_uri(source):
        raise InputError(
            "{source} is not a labelled file: from a URI only token stores are read, to train on.",
            source=source,
            cure=Cure(note="a file on this machine's disk"),
        )
    if isinstance(source, (str, Path)):
        return _open_path(Path(source), files, layout)
    if hasattr(source, "read"):
        layout = replace(layout, format=layout.format or "lines")
        name = getattr(source, "name", "standard input")
        if layout.format in ("parquet", "arrow", "xlsx"):
            raise InputError(
                "{source} is a stream; {format} is read from a file. Save it to one.",
                source=name,
                format=layout.format,
            )
        if not hasattr(source, "peek") and not isinstance(source, io.TextIOBase):
            source = io.BufferedReader(source)
        return _text_table(source, str(name), layout)
    return read_object(source)


def _open_path(path: Path, files: ExitStack, layout: TableFormat) -> Table:
    if str(path) == "-":
        raise no_standard_input()
    try:
        is_folder = path.is_dir()
    except OSError as error:  # such as a folder above it that may not be entered
        raise unreadable(path, error) from error
    if is_folder:
        raise is_directory(path, tuple(SUFFIXES))
    stream = files.enter_context(open_binary(path))
    is_packed = path.suffix.lower() in COMPRESSED
    if is_packed:
        check_packed(stream.peek(8), path)  # type: ignore[attr-defined]
    found = layout.format or format_of_suffix(path)
    if found is None:
        suffix = Path(inner_name(path)).suffix.lower()
        raise unknown_suffix(path, suffix, tuple(SUFFIXES))
    layout = replace(layout, format=found)
    if layout.sheet is not None and found != "xlsx":
        raise InputError(
            "{option} is for Excel workbooks; {path} is read as {format}.",
            option=Option("sheet"),
            path=path,
            format=found,
            cure=Cure(note="leave it out, or pass workbooks alone"),
        )
    if found in ("parquet", "arrow", "xlsx"):
        check_name("data", path)  # pyarrow takes no other names
        if is_packed:
            raise InputError(
                "{path} is compressed twice.", path=path, cure=Cure(note="unpack it first")
            )
        check_beginning(stream.peek(8), str(path), found)  # type: ignore[attr-defined]
        if found == "xlsx":
            return read_xlsx(path, files, sheet=layout.sheet, header=layout.header)
        read = read_parquet if found == "parquet" else read_arrow
        return read(path, layout.dates, layout.kept)
    if found == "tsv" and layout.quoting == "auto":
        layout = replace(layout, quoting=_tsv_quoting(path, layout.encoding))
    return _text_table(files.enter_context(unpack(stream, path)), str(path), layout)


def _text_table(stream: BinaryIO, name: str, layout: TableFormat) -> Table:
    # A tab, as it can be typed in a shell.
    delimiter = "\t" if layout.delimiter == r"\t" else layout.delimiter
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(
            "{option} must be a single character. Received: {delimiter!r}",
            option=Option("delimiter"),
            delimiter=delimiter,
        )
    if hasattr(stream, "peek"):
        assert layout.format is not None
        check_beginning(stream.peek(4096), name, layout.format)
    if layout.format in ("json", "jsonl"):
        read = read_json_table if layout.format == "json" else read_json_lines
        return read(stream, name, encoding=layout.encoding, kept=layout.kept)
    if layout.format == "lines":
        if delimiter is not None:
            raise InputError(
                "{option} does not apply to {file}, which is read as lines.",
                option=Option("delimiter"),
                file=name,
                cure=Cure({"format": "csv"}),
            )
        return read_lines(stream, name, encoding=layout.encoding)
    is_csv = layout.format == "csv"
    return read_delimited(
        stream,
        name,
        delimiter=delimiter,
        default_delimiter="," if is_csv else "\t",
        encoding=layout.encoding,
        header=layout.header,
        quoted=layout.quoting == "standard" or (layout.quoting == "auto" and is_csv),
    )


def _tsv_quoting(path: Path, encoding: str) -> Quoting:
    """Return "standard" when every field that begins with a quote is well-formed, else "none"."""
    malformed = re.compile(r'(?:^|\t)"(?!(?:[^"\t\r\n]|"")*"(?:\t|\r?\n?$))')
    with unpack(open_binary(path), path) as stream:
        check_beginning(stream.peek(4096), str(path), "tsv")  # type: ignore[attr-defined]
        lines = TextLines(stream, encoding, str(path))
        while True:
            try:
                if malformed.search(next(lines)):
                    return "none"
            except StopIteration:
                return "standard"
            except BadLine:  # reported by the reader that follows
                continue
