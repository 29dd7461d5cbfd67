"""The columns of a label that spans several."""

from typing import Any

from kbert.data.reading.rows import Table
from kbert.errors import InputError
from kbert.findings import Cure, Option

_ONE_COLUMN = Cure({"label": "NAME"})
_WHAT_SEVERAL_HOLD = Cure(
    {"target": "multi"},
    note="if 1 and 0 mark the labels of a row",
    otherwise=(
        Cure({"target": "soft"}, note="if they are probabilities of classes"),
        Cure({"target": "regression"}, note="if they are numbers to predict"),
    ),
)


def label_names_of(table: Table, label: Any, several: bool) -> list[Any]:
    """Return the label's columns: one name, a list of names, or the names in one string."""
    if isinstance(label, list) or (isinstance(label, tuple) and str(label) not in table.columns):
        names = list(label)
    elif isinstance(label, str) and label not in table.columns:
        names = [name.strip() for name in label.split(",")]
        if not several and not set(names) <= set(table.columns):
            names = [label]
    else:
        names = [label]
    if not names:
        raise InputError("{option} names no column.", option=Option("label"), cure=_ONE_COLUMN)
    if len(names) > 1 and not several:
        raise InputError(
            "{option} must name one column, unless {target} says what several hold. Received: "
            "{label!r}",
            option=Option("label"),
            target=Option("target"),
            label=label,
            cure=_WHAT_SEVERAL_HOLD,
        )
    return names


def check_several(table: Table, found: dict[str, int | None], labels: list[int | None]) -> None:
    """Raise InputError where one of several columns of the label is named twice."""
    others = [at for role, at in found.items() if role != "label" and at is not None]
    for place, at in enumerate(labels):
        if at is not None and (at in labels[:place] or at in others):
            raise InputError(
                "{source}: the column {name!r} was named twice.",
                source=table.source,
                name=table.columns[at],
                cure=Cure({"label": "NAME,NAME"}, note="of different columns"),
            )
