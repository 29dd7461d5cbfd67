"""Read labelled texts from a file or from objects in memory."""

import math
import re
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kbert.choices import Format, OnBadRow, Quoting
from kbert.data.reading.columns import Columns, choose_columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.reading.memory_tables import read_object, read_parquet
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.text_lines import BadLine, TextLines, open_binary
from kbert.data.reading.text_tables import read_delimited, read_json_lines, read_lines
from kbert.errors import InputError

_MAX_LABEL = 1000  # characters
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".txt": "lines",
}


def read_examples(
    source: Any,
    *,
    text: str | None = None,
    pair: str | None = None,
    label: str | None = None,
    labels: Labels | None = None,
    need_label: bool = True,
    encoding: str = "utf-8",
    header: bool = True,
    delimiter: str | None = None,
    quoting: Quoting = "auto",
    format: Format | None = None,
    on_bad_row: OnBadRow = "error",
) -> Examples:
    """Read texts, or text pairs, and their labels.

    Nothing is guessed in silence: `print(examples)` says which columns were taken, and a row that
    cannot be used is refused with its file, row and cure.

    Args:
        source: a path (CSV, TSV, JSON Lines, Parquet, or .txt with one text a line), a pandas
            DataFrame, a Hugging Face `datasets.Dataset`, a dict of columns, or a tuple of lists:
            `(texts, labels)` or `(texts, pairs, labels)`.
        text: str or None. The text's column, by name or position from 0. Defaults to None: the
            column with a common name, such as text, sentence or review.
        pair: str or None. The second text's column. Defaults to None: found by common names, such
            as sentence1 and sentence2.
        label: str or None. The label's column. Defaults to None: label, class, category, ...
        labels: Labels or None. The classes of the training set, when reading another set: a label
            that is none of them is refused. Defaults to None: the classes that occur.
        need_label: bool. Whether a source without labels is refused. Defaults to True.
        encoding: str. Of a text file. Defaults to "utf-8", with or without a byte order mark.
        header: bool. Whether the first row of a CSV or TSV names the columns. Defaults to True.
        delimiter: str of one character, or None. Between the fields of a CSV or TSV. Defaults to
            None: a comma or a tab.
        quoting: "auto", "standard" or "none". Auto reads a CSV with RFC 4180 quoting, and a TSV so
            only when every field in it that begins with a double quote is a well-formed quoted
            field of one line; GLUE's files are read without quoting. Defaults to "auto".
        format: None or a format's name, where a path's suffix does not tell. Defaults to None.
        on_bad_row: "error", or "skip": leave bad rows out and list them in `Examples.skipped`.
            Defaults to "error".

    Returns:
        Examples.

    Raises:
        KbertError: with the file, the row and the cure.

    Example:

    ```python
    examples = read_examples((["good", "bad", "fine"], ["yes", "no", "yes"]))
    assert examples.labels.names == ("no", "yes")
    ```
    """
    with ExitStack() as files:
        table = open_table(source, files, encoding, header, delimiter, quoting, format)
        columns = choose_columns(
            table.columns,
            table.source,
            text=text,
            pair=pair,
            label=label,
            need_label=need_label,
            has_header=table.has_header,
        )
        return collect(table, columns, labels, on_bad_row, need_label)


def open_table(
    source: Any,
    files: ExitStack,
    encoding: str,
    header: bool,
    delimiter: str | None,
    quoting: Quoting,
    format: Format | None,
) -> Table:
    """Return the table of any source; `files` closes what was opened once that has been read."""
    if isinstance(source, (str, Path)):
        path = Path(source)
        if path.is_dir():
            raise InputError("{path} is a directory; a file was expected.", path=path)
        format = format or _SUFFIXES.get(path.suffix.lower())
        if format is None:
            raise InputError(
                "{path}: the suffix {suffix!r} tells no format. Expected one of {_suffixes}, "
                "or the format itself: --format csv",
                path=path,
                suffix=path.suffix,
                _suffixes=", ".join(_SUFFIXES),
            )
        if format == "parquet":
            open_binary(path).close()
            return read_parquet(path)
        if format == "tsv" and quoting == "auto":
            quoting = _tsv_quoting(path, encoding)
        stream = files.enter_context(open_binary(path))
        return _text_table(stream, str(path), format, encoding, header, delimiter, quoting)
    if hasattr(source, "read"):
        name = getattr(source, "name", "standard input")
        return _text_table(source, name, format or "lines", encoding, header, delimiter, quoting)
    return read_object(source)


def _text_table(
    stream: BinaryIO,
    name: str,
    format: Format,
    encoding: str,
    header: bool,
    delimiter: str | None,
    quoting: Quoting,
) -> Table:
    if delimiter == r"\t":  # a tab as a shell can type it
        delimiter = "\t"
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
        raise InputError(
            "The delimiter must be one character. Received: {delimiter!r}", delimiter=delimiter
        )
    if format == "jsonl":
        return read_json_lines(stream, name, encoding=encoding)
    if format == "lines":
        return read_lines(stream, name, encoding=encoding)
    return read_delimited(
        stream,
        name,
        delimiter=delimiter or ("," if format == "csv" else "\t"),
        encoding=encoding,
        header=header,
        quoted=quoting == "standard" or (quoting == "auto" and format == "csv"),
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
            except BadLine:  # a bad line, which the reader that follows reports
                continue


def collect(
    table: Table,
    columns: Columns,
    labels: Labels | None,
    on_bad_row: OnBadRow,
    need_label: bool,
) -> Examples:
    """Return the examples of a table's rows; bad ones are skipped, or the first is refused."""
    numbers: list[int] = []
    texts: list[str] = []
    pairs: list[str] = []
    values: list[str] = []
    skipped: list[BadRow] = []
    for row in _usable(table, columns, labels, need_label):
        if isinstance(row, Row):
            text, pair, value = row.cells
            numbers.append(row.number)
            texts.append(text)
            pairs.append(pair)
            values.append(value)
        elif on_bad_row == "skip":
            skipped.append(row)
        else:
            raise InputError("{row}", row=str(row))
    if not texts:
        why = f": all {len(skipped)} were skipped, the first: {skipped[0]}" if skipped else "."
        raise InputError(
            "{source}: at least one row was expected, and there are none{why}",
            source=table.source,
            why=why,
        )
    has_labels = columns.label is not None and (need_label or all(values))
    if has_labels and labels is None:
        labels = Labels.from_values(values)
        if need_label and len(labels) < 2:
            raise InputError(
                "{source}: every row has the label {names!r}, and a classifier needs at least "
                "two classes. Was the right column named? --label NAME",
                source=table.source,
                names=labels.names[0],
            )
    return Examples(
        texts=texts,
        pairs=pairs if columns.pair is not None else None,
        label_ids=labels.encode(values) if has_labels and labels is not None else None,
        labels=labels,
        source=table.source,
        columns=columns,
        rows=np.array(numbers),
        skipped=tuple(skipped),
    )


def _usable(
    table: Table, columns: Columns, labels: Labels | None, need_label: bool
) -> Iterator[Row | BadRow]:
    """Yield rows of (text, pair, label), and those that cannot be used as BadRow."""
    skip = "or skip the row: --on-bad-row skip"
    for row in table.rows:
        if isinstance(row, BadRow):
            yield row
            continue
        reason = cure = ""
        text = cell_text(row.cells[columns.text])
        pair = "" if columns.pair is None else cell_text(row.cells[columns.pair])
        value = "" if columns.label is None else cell_text(row.cells[columns.label])
        if _is_blank(text) or (columns.pair is not None and _is_blank(pair)):
            empty = columns.text if _is_blank(text) else columns.pair
            assert empty is not None
            reason = f"the text (column {table.columns[empty]!r}) is empty"
            cure = f"Fill it, {skip}"
        elif "\0" in text or "\0" in pair or "\0" in value:
            reason = "the row holds a NUL character, which no text does"
            cure = f"Remove it, {skip}"
        elif need_label and not value.strip():
            assert columns.label is not None
            reason = f"the label (column {table.columns[columns.label]!r}) is missing"
            cure = f"Fill it, {skip}"
        elif len(value) > _MAX_LABEL:
            reason = f"the label has {len(value):,} characters, and at most {_MAX_LABEL:,} go"
            cure = f"Name the label's column (--label NAME), {skip}"
        elif not value.isascii() and re.search("[\ud800-\udfff]", value):
            reason = f"the label {value!r} holds half a character, which no file can store"
            cure = f"Correct it, {skip}"
        elif need_label and labels is not None and value not in labels.ids:
            reason = labels.unknown(value)
            cure = f"Correct it, give the training set rows of that label, {skip}"
        if reason:
            shown = "\t".join(part for part in (text, pair, value) if part)[:200]
            yield BadRow(table.source, row.number, row.line, reason, cure, shown)
        else:
            yield Row(row.number, row.line, (text, pair, value))


def _is_blank(text: str) -> bool:
    """Whether a text holds only spaces and characters that the tokenizer removes."""
    return all(c.isspace() or unicodedata.category(c) in ("Cc", "Cf") for c in text)


def cell_text(value: Any) -> str:
    """Return a cell as text: whole floats as integers, missing values as nothing."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, (float, np.floating)):
        if math.isnan(value):
            return ""
        return str(int(value)) if float(value).is_integer() else str(float(value))
    text = str(value)
    return "" if text in ("<NA>", "NaT") else text
