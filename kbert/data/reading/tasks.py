"""Data sets in the layouts that run_classifier.py reads, and others of GLUE."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from kbert.choices import Split, Task
from kbert.data.reading.columns import choose_columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.reading.read_examples import collect, open_table
from kbert.data.reading.rows import BadRow, Row
from kbert.errors import InputError

_NLI = ("contradiction", "entailment", "neutral")


@dataclass(frozen=True)
class SplitLayout:
    """Where a split is and which of its columns are which, by position.

    Example:

    ```python
    layout = SplitLayout("dev.tsv", text=3, label=1, header=False)
    ```
    """

    file: str
    text: int
    pair: int | None = None
    label: int | None = None
    header: bool = True
    language: str | None = None
    """The rows of which language count; it stands in the first column."""


@dataclass(frozen=True)
class TaskLayout:
    """A task's labels in the order of Google's `get_labels`, and its splits.

    Example:

    ```python
    assert TASKS["mrpc"].labels == ("0", "1")
    ```
    """

    labels: tuple[str, ...]
    splits: dict[Split, SplitLayout]


def _pairs(labels: tuple[str, ...]) -> TaskLayout:
    """Return the layout of GLUE's tasks of the columns index, text, text, label."""
    splits: dict[Split, SplitLayout] = {
        "train": SplitLayout("train.tsv", 1, 2, 3),
        "dev": SplitLayout("dev.tsv", 1, 2, 3),
        "test": SplitLayout("test.tsv", 1, 2),
    }
    return TaskLayout(labels, splits)


TASKS: dict[Task, TaskLayout] = {
    "mrpc": TaskLayout(
        ("0", "1"),
        {
            "train": SplitLayout("train.tsv", 3, 4, 0),
            "dev": SplitLayout("dev.tsv", 3, 4, 0),
            "test": SplitLayout("test.tsv", 3, 4),
        },
    ),
    "cola": TaskLayout(
        ("0", "1"),
        {
            "train": SplitLayout("train.tsv", 3, None, 1, header=False),
            "dev": SplitLayout("dev.tsv", 3, None, 1, header=False),
            "test": SplitLayout("test.tsv", 1),
        },
    ),
    "mnli": TaskLayout(
        _NLI,
        {
            "train": SplitLayout("train.tsv", 8, 9, -1),
            "dev": SplitLayout("dev_matched.tsv", 8, 9, -1),
            "test": SplitLayout("test_matched.tsv", 8, 9),
        },
    ),
    "xnli": TaskLayout(
        _NLI,
        {
            "train": SplitLayout("multinli/multinli.train.zh.tsv", 0, 1, 2),
            "dev": SplitLayout("xnli.dev.tsv", 6, 7, 1, language="zh"),
            "test": SplitLayout("xnli.test.tsv", 6, 7, 1, language="zh"),
        },
    ),
    "sst-2": TaskLayout(
        ("0", "1"),
        {
            "train": SplitLayout("train.tsv", 0, None, 1),
            "dev": SplitLayout("dev.tsv", 0, None, 1),
            "test": SplitLayout("test.tsv", 1),
        },
    ),
    "rte": _pairs(("entailment", "not_entailment")),
    "qnli": _pairs(("entailment", "not_entailment")),
}
# XNLI's training set was translated with another word for one of its labels.
_RENAMED = {"contradictory": "contradiction"}


def read_task(
    task: Task, folder: str | Path, split: Split, known: Labels | None = None
) -> Examples:
    """Return a split of a task, as its publisher laid it out: TSV without quoting.

    Args:
        task: str. "mrpc", "cola", "mnli", "xnli", "sst-2", "rte" or "qnli".
        folder: str or Path. `--data_dir` of run_classifier.py.
        split: "train", "dev" (of MNLI the matched one) or "test", which has no labels but for
            XNLI's.
        known: Labels or None. The classes of the model that is trained further. Defaults to None.

    Returns:
        Examples, with the labels in the order of Google's `get_labels`.

    Raises:
        KbertError: the file is not there, or file or model have other labels or columns.

    Source: `MrpcProcessor`, `ColaProcessor`, `MnliProcessor` and `XnliProcessor` of
    `run_classifier.py`; GLUE's own files for the others.
    """
    layout = TASKS[task].splits[split]
    labels = Labels(TASKS[task].labels)
    if known is not None and known != labels:
        raise InputError(
            "{task} has the labels {names}, and the model has {names2}. Train another model on "
            "it: kbert train --task {task}",
            task=task,
            names=", ".join(labels.names),
            names2=", ".join(known.names)[:200],
        )
    path = Path(folder) / layout.file
    if not path.is_file():
        raise InputError(
            "There is no file {path}, which {task} has. --data-dir names the folder that holds "
            "{splits}.",
            path=path,
            task=task,
            splits=", ".join(s.file for s in TASKS[task].splits.values()),
        )
    with ExitStack() as files:
        table = open_table(str(path), files, "utf-8", layout.header, None, "none", None)
        width = len(table.columns)
        label = None if layout.label is None else layout.label % width
        needed = max(layout.text, layout.pair or 0, label or 0)
        if needed >= width:
            raise InputError(
                "{path} has {width} columns, and {task} has its texts and labels in column "
                "{needed}, counted from 0. Is it the {split} set of {task}?",
                path=path,
                width=width,
                task=task,
                needed=needed,
                split=split,
            )
        columns = choose_columns(
            table.columns,
            table.source,
            text=str(layout.text),
            pair=None if layout.pair is None else str(layout.pair),
            label=None if label is None else str(label),
            need_label=label is not None,
            has_header=table.has_header,
        )
        if layout.pair is None:  # whatever the other columns are called
            columns = replace(columns, pair=None)
        if label is None:
            columns = replace(columns, label=None)
        rows = _selected(table.rows, layout, label)
        table = replace(table, rows=rows)
        return collect(table, columns, labels, "error", label is not None)


def read_test(task: Task, folder: str | Path) -> Examples | None:
    """Return a task's test set, or None where its file is not there."""
    if not (Path(folder) / TASKS[task].splits["test"].file).is_file():
        return None
    return read_task(task, folder, "test")


def _selected(
    rows: Iterator[Row | BadRow], layout: SplitLayout, label: int | None
) -> Iterator[Row | BadRow]:
    """Yield the rows of the language, with the labels that Google gives them."""
    for row in rows:
        if isinstance(row, Row):
            if layout.language is not None and row.cells[0] != layout.language:
                continue
            if label is not None and row.cells[label] in _RENAMED:
                cells = list(row.cells)
                cells[label] = _RENAMED[cells[label]]
                row = replace(row, cells=cells)
        yield row
