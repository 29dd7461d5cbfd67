"""The layouts of the data sets that run_classifier.py reads, and of other GLUE tasks."""

from dataclasses import dataclass

from kbert.choices import Split, Task

_NLI = ("contradiction", "entailment", "neutral")


@dataclass(frozen=True)
class SplitLayout:
    """The file of a split, and the positions of its columns.

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
    """Only rows in this language are read; it is in the first column."""


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
    """Return the layout of GLUE tasks with the columns index, text, text, label."""
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
