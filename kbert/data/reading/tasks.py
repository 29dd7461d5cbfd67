"""Data sets in the layouts that run_classifier.py reads, and other GLUE tasks."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.choices import Split, Task
from kbert.data.reading.columns import Columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.open_table import TableFormat, open_table
from kbert.data.reading.read_examples import collect
from kbert.data.reading.row_text import cut
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.task_layouts import TASKS, SplitLayout, TaskLayout
from kbert.errors import InputError
from kbert.findings import Call, Cure, Joined, Problem
from kbert.targets.labels import Labels
from kbert.utils.cell_values import to_number
from kbert.utils.wording import count_noun

# XNLI's translated training set has another word for one of its labels.
_RENAMED = {"contradictory": "contradiction"}


def read_task(
    task: Task, folder: str | Path, split: Split, known: Labels | None = None
) -> Examples:
    """Return a split of a task in its publisher's layout: TSV without quoting.

    Args:
        task: str. "mrpc", "cola", "mnli", "mnli-mm", "xnli", "sst-2", "rte", "qnli", "qqp",
            "wnli" or "stsb", whose labels are numbers from 0 to 5.
        folder: str or Path. `--data_dir` of run_classifier.py.
        split: "train", "dev" (the matched one for mnli, the mismatched one for mnli-mm) or
            "test", which has labels only in XNLI.
        known: Labels or None. The classes of a model to train further. Defaults to None.

    Returns:
        Examples, with the labels in the order of Google's `get_labels`.

    Raises:
        KbertError: the file is missing, or the file or model has other labels or columns.

    Source: `MrpcProcessor`, `ColaProcessor`, `MnliProcessor` and `XnliProcessor` of
    `run_classifier.py`; GLUE's own files for the others.
    """
    layout = TASKS[task].splits[split]
    labels = Labels(TASKS[task].labels)
    if known is not None and known != labels:
        raise InputError(
            "{task} has the labels {labels}, but the model has {known}.",
            task=task,
            labels=Joined(labels.names),
            known=", ".join(known.names)[:200],
            cure=Cure(call=Call("train", folder, task=task), note="for a model of its own"),
        )
    path = Path(folder) / layout.file
    if not path.is_file():
        files = Joined(s.file for s in TASKS[task].splits.values())
        raise InputError(
            "There is no file {path}, which the task {task} needs.",
            path=path,
            task=task,
            cure=Cure(
                call=Call("train", "FOLDER", task=task),
                note="with the folder that holds {files}",
                values={"files": files},
            ),
        )
    with ExitStack() as opened:
        table = open_table(path, opened, TableFormat(header=layout.header, quoting="none"))
        columns = _columns(table, layout, task, split)
        table = replace(table, rows=_selected(table, TASKS[task], layout, columns.label))
        return collect(
            [(table, columns)],
            labels,
            layout.on_bad_row,
            columns.label is not None,
            target=TASKS[task].target,
        )


def _columns(table: Table, layout: SplitLayout, task: Task, split: Split) -> Columns:
    """Return the columns of a split, or raise KbertError where the file has fewer."""
    width = len(table.columns)
    wanted = [c for c in (layout.text, layout.pair, layout.label) if isinstance(c, str)]
    missing = [name for name in wanted if name not in table.columns]
    if missing:
        raise InputError(
            "{path} has no column {name!r}, which the {split} set of {task} has. Its columns: "
            "{columns}",
            path=table.source,
            name=missing[0],
            split=split,
            task=task,
            columns=", ".join(map(str, table.columns))[:200],
            cure=Cure(note="check that this is the file of that set"),
        )
    text, pair, label = (
        table.columns.index(column) if isinstance(column, str) else column
        for column in (layout.text, layout.pair, layout.label)
    )
    assert text is not None
    label = None if label is None else label % width
    last = max(text, pair or 0, label or 0)
    if last >= width:
        raise InputError(
            "{path} has {columns}, but the {split} set of {task} has text or label in column "
            "{last}, counted from 0.",
            path=table.source,
            columns=count_noun(width, "column"),
            split=split,
            task=task,
            last=last,
            cure=Cure(note="check that this is the file of that set"),
        )
    return Columns(tuple(table.columns), text, pair, label)


def read_test(task: Task, folder: str | Path) -> Examples | None:
    """Return a task's test set, or None if its file is missing."""
    if not (Path(folder) / TASKS[task].splits["test"].file).is_file():
        return None
    return read_task(task, folder, "test")


def _selected(
    table: Table, task: TaskLayout, layout: SplitLayout, label: int | None
) -> Iterator[Row | BadRow]:
    """Yield the rows in the language, with the labels that Google gives them."""
    for row in table.rows:
        if isinstance(row, Row):
            if layout.language is not None and row.cells[0] != layout.language:
                continue
            if label is not None and row.cells[label] in _RENAMED:
                cells = list(row.cells)
                cells[label] = _RENAMED[cells[label]]
                row = replace(row, cells=cells)
            if label is not None and task.limits is not None:
                problem = _outside(row.cells[label], table.columns[label], task.limits)
                if problem is not None:
                    content = cut(table.written(row.cells))
                    yield BadRow(table.source, row.number, row.line, problem, content)
                    continue
        yield row


def _outside(cell: Any, column: str, limits: tuple[float, float]) -> Problem | None:
    """Return a problem if a cell is a number outside the limits."""
    number, (least, largest) = to_number(cell), limits
    if number is None or least <= number <= largest:
        return None
    return Problem(
        "the number (column {column!r}) is not from {least:g} to {largest:g}: {cell!s:.40}",
        Cure(note="check that this is the file of that set"),
        {"column": column, "least": least, "largest": largest, "cell": cell},
    )
