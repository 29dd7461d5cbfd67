"""The layouts of the data sets that run_classifier.py reads, and of other GLUE tasks."""

from dataclasses import dataclass

from kbert.choices import OnBadRow, Split, Task
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.target import Target

_ONE_CLASS = Single()
_NLI = ("contradiction", "entailment", "neutral")


@dataclass(frozen=True)
class SplitLayout:
    """The file of a split, and its columns: by position, or by name where the header has names.

    Example:

    ```python
    layout = SplitLayout("dev.tsv", text=3, label=1, header=False)
    ```
    """

    file: str
    text: int | str
    pair: int | str | None = None
    label: int | str | None = None
    header: bool = True
    language: str | None = None
    """Only rows in this language are read; it is in the first column."""
    on_bad_row: OnBadRow = "error"
    """The published files of some tasks have rows that are broken off."""


@dataclass(frozen=True)
class TaskLayout:
    """A task's labels in the order of Google's `get_labels`, its splits, and what a label is.

    Example:

    ```python
    assert TASKS["mrpc"].labels == ("0", "1")
    ```
    """

    labels: tuple[str, ...]
    splits: dict[Split, SplitLayout]
    target: Target = _ONE_CLASS
    limits: tuple[float, float] | None = None
    """The least and the largest of its numbers."""


def _pairs(labels: tuple[str, ...]) -> TaskLayout:
    """Return the layout of GLUE tasks with the columns index, text, text, label."""
    splits: dict[Split, SplitLayout] = {
        "train": SplitLayout("train.tsv", 1, 2, 3),
        "dev": SplitLayout("dev.tsv", 1, 2, 3),
        "test": SplitLayout("test.tsv", 1, 2),
    }
    return TaskLayout(labels, splits)


def _mnli(which: str) -> TaskLayout:
    """Return the layout of MNLI, evaluated on the genres of training or on others."""
    return TaskLayout(
        _NLI,
        {
            "train": SplitLayout("train.tsv", 8, 9, -1),
            "dev": SplitLayout(f"dev_{which}.tsv", 8, 9, -1),
            "test": SplitLayout(f"test_{which}.tsv", 8, 9),
        },
    )


def _named(
    first: str,
    second: str,
    label: str,
    labels: tuple[str, ...],
    on_bad_row: OnBadRow = "error",
    target: Target = _ONE_CLASS,
    limits: tuple[float, float] | None = None,
) -> TaskLayout:
    """Return the layout of a GLUE task whose headers name the columns of pairs."""
    return TaskLayout(
        labels,
        {
            "train": SplitLayout("train.tsv", first, second, label, on_bad_row=on_bad_row),
            "dev": SplitLayout("dev.tsv", first, second, label, on_bad_row=on_bad_row),
            "test": SplitLayout("test.tsv", first, second),
        },
        target,
        limits,
    )


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
    "mnli": _mnli("matched"),
    "mnli-mm": _mnli("mismatched"),
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
    "qqp": _named("question1", "question2", "is_duplicate", ("0", "1"), on_bad_row="skip"),
    "wnli": _named("sentence1", "sentence2", "label", ("0", "1")),
    "stsb": _named(
        "sentence1", "sentence2", "score", ("score",), target=Regression(), limits=(0, 5)
    ),
}
