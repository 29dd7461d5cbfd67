"""Read labelled texts from a file or from objects in memory."""

import warnings
from array import array
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any, get_args

import numpy as np

from kbert.choices import FileFormat, OnBadRow, Quoting, TargetKind
from kbert.data.reading.columns import Columns, choose_columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.found_target import found_target
from kbert.data.reading.label_checks import check_numbers, check_trainable
from kbert.data.reading.many_files import open_tables, pattern_of, with_columns
from kbert.data.reading.many_texts import TextWriter
from kbert.data.reading.open_table import TableFormat
from kbert.data.reading.row_times import TimesOfRows
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.skipped_rows import rows_skipped
from kbert.data.reading.source_file import SourceFile
from kbert.data.reading.text_lines import check_encoding
from kbert.data.reading.usable_rows import usable_rows
from kbert.errors import InputError, SkippedRowsWarning
from kbert.findings import Cure, Joined, Option
from kbert.targets.known_targets import target_of
from kbert.targets.labels import Labels
from kbert.targets.multi import Multi
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.utils.label_names import label_names


def read_examples(
    source: Any,
    *,
    text: str | int | None = None,
    pair: str | int | None = None,
    label: str | int | Sequence[str | int] | None = None,
    target: Target | TargetKind | None = None,
    label_separator: str | None = None,
    weight: str | int | None = None,
    group: str | int | None = None,
    split_by_time: str | int | None = None,
    labels: Labels | Sequence[str] | None = None,
    need_label: bool = True,
    need_weight: bool = True,
    need_split: bool = True,
    encoding: str = "utf-8",
    header: bool = True,
    delimiter: str | None = None,
    quoting: Quoting = "auto",
    sheet: str | None = None,
    format: FileFormat | None = None,
    on_bad_row: OnBadRow = "error",
) -> Examples:
    """Read texts, or text pairs, and their labels.

    Nothing is guessed silently: `print(examples)` shows which columns were used.

    Args:
        source: a path (CSV, TSV, JSON, JSON Lines, Parquet, Arrow, XLSX, or .txt with one text per
            line; text files also as .gz, .bz2, .xz, .zst or .zip), a pattern such as "data/*.csv"
            (`*`, `?`, `[0-9]`; `**` for any folders), a pandas DataFrame, a Hugging Face
            `datasets.Dataset`, a dict of columns, or a tuple of lists: `(texts, labels)` or
            `(texts, pairs, labels)`. The files of a pattern are read as one set, in the order of
            their names, part-2 before part-10; each has its own format, header and quoting, and all
            have the same columns.
        text: str, int or None. The text's column, by name or position from 0. Defaults to None:
            found by common names, such as text, sentence or review.
        pair: str, int or None. The second text's column. Defaults to None: found by common names,
            such as sentence1 and sentence2.
        label: str, int, sequence of them or None. The label's column; for several numbers, a
            probability of each class, or labels that are marked with 1 and 0, all their columns, as
            a list or separated by commas. Defaults to None: found by common names: label, class,
            category, ...; for numbers also score, rating, value, ...
        target: "single" (one class), "multi" (several labels, or none), "regression" (numbers),
            "soft" (a probability of each class), "ordered" (one of several ordered classes, such as
            stars) or a Target. Defaults to None: several labels if the first label is a list, else
            one class.
        label_separator: str or None. What separates several labels in a string, such as ";".
            Defaults to None: a string is one name.
        weight: str, int or None. The column of the rows' weights: how much each row counts in the
            loss and in the scores, 0 or more. Defaults to None: all count the same.
        group: str, int or None. The column of the rows' groups, such as the author: `split` keeps
            the rows of a group together. It may be one of the text columns. Defaults to None.
        split_by_time: str, int or None. The column of the rows' times, as numbers or ISO 8601
            dates: `split` sets the latest rows aside. Defaults to None.
        labels: Labels, sequence of str or None. The classes of the training set, when reading
            another set: a label that is not one of them is refused. Defaults to None: the classes
            that occur.
        need_label: bool. Whether a source without labels is refused. Defaults to True.
        need_weight: bool. Whether a source without the weight column is refused. Defaults to True.
        need_split: bool. Whether a source without the columns of groups and times is refused.
            Defaults to True.
        encoding: str. The encoding of a text file, and of cells that are bytes. Defaults to
            "utf-8", with or without a byte order mark.
        header: bool. Whether the first row of a CSV, TSV or XLSX names the columns. Defaults to
            True.
        delimiter: str of one character, or None. What separates the fields of a CSV or TSV.
            Defaults to None: the character that Excel's first line `sep=;` names, else a comma or a
            tab.
        quoting: "auto", "standard" or "none". "auto" reads a CSV with RFC 4180 quoting, and a TSV
            with it only when every field that begins with a double quote is a well-formed quoted
            field on one line; GLUE's files are read without quoting. Defaults to "auto".
        sheet: str or None. The sheet of an Excel workbook, by name. Defaults to None: the only
            sheet that is visible and has cells.
        format: "csv", "tsv", "jsonl", "json", "parquet", "arrow", "xlsx", "lines" or None. Defaults
            to None: identified by the suffix of the path.
        on_bad_row: "error" or "skip". "skip" leaves bad rows out, lists them in `Examples.skipped`,
            and gives a `SkippedRowsWarning` if they are 10 or more, and more than a tenth of the
            rows. Defaults to "error".

    Returns:
        Examples.

    Raises:
        KbertError: the message has the file, the row and a cure.

    Example:

    ```python
    examples = read_examples((["good", "bad", "fine"], ["yes", "no", "yes"]))
    assert examples.labels.names == ("no", "yes")
    ```
    """
    check_encoding(encoding)
    _check_choice("quoting", quoting, get_args(Quoting))
    _check_choice("on_bad_row", on_bad_row, get_args(OnBadRow))
    _check_choice("format", format, (*get_args(FileFormat), None))
    if labels is not None and not isinstance(labels, Labels):
        labels = Labels(label_names(labels, Option("labels")))
    wanted = _wanted_target(target, label_separator)
    dates = tuple(str(column) for column in (group, split_by_time) if column is not None)
    layout = TableFormat(format, encoding, header, delimiter, quoting, dates, sheet)
    with ExitStack() as opened:
        tables = open_tables(source, opened, layout)
        first = next(tables)
        columns = choose_columns(
            first,
            text=text,
            pair=pair,
            label=label,
            weight=weight,
            group=group,
            split_by_time=split_by_time,
            need_label=need_label,
            need_weight=need_weight,
            target=wanted,
            need_split=need_split,
        )
        is_found = wanted is None
        if wanted is None:
            wanted, first = found_target(first, columns)
        parts = with_columns(first, columns, tables, need_label)
        pattern = pattern_of(source)
        examples = collect(parts, labels, on_bad_row, need_label, encoding, wanted, pattern=pattern)
    if is_found and need_label and labels is None:
        check_numbers(examples)
    finding = rows_skipped(examples)
    if finding is not None and finding.severity == "error":
        message = f"{finding.message} Cure: {finding.cure}"
        warnings.warn(message, SkippedRowsWarning, stacklevel=2)
    return examples


def _wanted_target(
    target: Target | TargetKind | None, label_separator: str | None
) -> Target | None:
    """Return the target that the caller asks for, or None if it is to be detected."""
    if label_separator is not None:
        if not (isinstance(label_separator, str) and label_separator):
            raise InputError(
                "{option} must be a string. Received: {separator!r}",
                option=Option("label_separator"),
                separator=label_separator,
            )
        if target not in (None, "multi"):
            raise InputError(
                "{option} separates several labels, but the target is {target}.",
                option=Option("label_separator"),
                target=target if isinstance(target, str) else target.kind,
                cure=Cure({"target": "multi"}),
            )
        return Multi(label_separator)
    return None if target is None else target_of(target)


def _check_choice(option: str, value: Any, choices: tuple[Any, ...]) -> None:
    """Raise InputError for a value that is not a choice: it would count as another one."""
    if value not in choices:
        raise InputError(
            "{option} must be one of {choices}. Received: {value!r}",
            option=Option(option),
            choices=Joined(map(str, choices)),
            value=value,
        )


def collect(
    parts: Iterable[tuple[Table, Columns]],
    labels: Labels | None,
    on_bad_row: OnBadRow,
    need_label: bool,
    encoding: str = "utf-8",
    target: Target | None = None,
    *,
    pattern: str = "",
) -> Examples:
    """Return the rows of tables as examples; bad rows are skipped, or the first one is refused.

    Args:
        parts: iterable of (Table, Columns). Each table is read before the next is asked for.
        labels: Labels or None. The classes that a label must be one of.
        on_bad_row: "error" or "skip".
        need_label: bool. Whether every row must have a label.
        encoding: str. The encoding of cells that are bytes. Defaults to "utf-8".
        target: Target or None. What a label is. Defaults to None: one class.
        pattern: str. The pattern that the tables' files match. Defaults to "": there is one table.
    """
    target = target or Single()
    files: list[SourceFile] = []
    before = 0  # rows in the files that have been read
    first: tuple[Table, Columns] | None = None
    numbers: list[int] = []
    texts, pairs = TextWriter(), TextWriter()
    values: list[Any] = []
    weights = array("d")
    groups = array("q")
    times: TimesOfRows | None = None
    skipped: list[BadRow] = []
    for table, columns in parts:
        first = first or (table, columns)
        files.append(SourceFile(table.source, before))
        last = 0
        for row in usable_rows(table, columns, labels, need_label, encoding, target):
            last = row.number
            if isinstance(row, Row):
                text, pair, value, weight, group, time = row.cells
                numbers.append(before + last)
                texts.append(text)
                pairs.append(pair)
                values.append(value)
                weights.append(weight)
                groups.append(group)
                if columns.split_by_time is not None:
                    times = times or TimesOfRows(columns.names[columns.split_by_time])
                    times.add(time, f"row {last:,} of {table.source}")
            elif on_bad_row == "skip":
                skipped.append(row)
            else:
                raise row.to_error()
        before += last
    assert first is not None
    table, columns = first
    source = pattern or table.source
    if not numbers:
        raise InputError(
            "{source}: at least one row was expected. All {skipped:,} were skipped, the first: "
            "{first}"
            if skipped
            else "{source}: at least one row was expected. Received: 0",
            source=source,
            skipped=len(skipped),
            first=skipped[0] if skipped else None,
        )
    # A missing class name is empty. Any other missing label is None: a row may have none of several
    # labels.
    are_there = all(values) if target.takes_names else all(value is not None for value in values)
    has_labels = columns.label is not None and (need_label or are_there)
    names = [columns.names[at] for at in columns.labels]
    is_new = False
    if has_labels and labels is None:
        labels = target.labels_of(values, names)
        is_new = need_label
    y = target.encode(values, labels, names) if has_labels and labels is not None else None
    if is_new and y is not None and labels is not None:
        check_trainable(y, labels, target, source, skipped, with_file=bool(pattern))
    if columns.weight is not None and not any(weights):
        raise InputError(
            "{source}: every row has the weight 0 (column {column!r}), so none would count.",
            source=source,
            column=table.columns[columns.weight],
            cure=Cure({"weight": "NAME"}, note="if another column holds the weights"),
        )
    if table.has_header and labels is not None:
        _check_header(table, columns, labels)
    return Examples(
        texts=texts.texts(),
        pairs=pairs.texts() if columns.pair is not None else None,
        label_ids=y if target.takes_names else None,
        targets=None if target.takes_names else y,
        target=target,
        labels=labels,
        source=source,
        columns=columns,
        rows=np.array(numbers),
        weights=None if columns.weight is None else np.array(weights, np.float32),
        groups=None if columns.group is None else np.array(groups),
        times=None if times is None else times.array(source),
        files=tuple(files) if pattern else (),
        skipped=tuple(skipped),
        encoding=encoding,
    )


def _check_header(table: Table, columns: Columns, labels: Labels) -> None:
    """Raise InputError if the first row is a text and one of the labels, and not a header."""
    text, label = (columns.names[at or 0] for at in (columns.text, columns.label))
    is_sentence = len(text.split()) > 2 or (len(text) > 8 and not text.isascii())
    if columns.label is None or label not in labels.ids or not is_sentence:
        return
    raise InputError(
        "{source}: the first row was read as the names of the columns, but {label!r} is a label "
        "and {text!r} a text.",
        source=table.source,
        label=label,
        text=text[:60],
        cure=Cure({"header": False}),
    )
