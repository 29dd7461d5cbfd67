"""Checks for labels that cannot be trained on: undeclared numbers, and the same in all rows."""

from collections.abc import Sequence

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.data.reading.rows import BadRow
from kbert.errors import InputError
from kbert.findings import Cure, Message
from kbert.targets.label_keys import number_of
from kbert.targets.labels import Labels
from kbert.targets.target import Target

_NAMES = Cure({"target": "single"}, note="if they are names of classes, such as versions")
_LISTS = Cure({"label_separator": ","}, note="if they are lists of labels")


def check_numbers(examples: Examples) -> None:
    """Raise InputError where most labels are numbers, some of them with fractions.

    They are taken neither for scores nor for the names of classes unless this is specified.
    """
    if examples.labels is None or examples.y is None:
        return
    names, y = examples.labels.names, examples.y
    fractions = _fractions(names)
    if not fractions:
        return
    with_one = (y[:, fractions] > 0).any(axis=1) if y.ndim > 1 else np.isin(y, fractions)
    at = int(with_one.argmax())
    name = names[y[at]] if y.ndim == 1 else names[fractions[int(y[at, fractions].argmax())]]
    columns = examples.columns
    raise InputError(
        "{source}: the labels (column {column!r}) are numbers, some with fractions, the first "
        "{name} in {place}.",
        source=examples.source,
        column=Message("label") if columns is None else columns.names[columns.labels[0]],
        name=name,
        place=examples.place(examples.number(at)),
        cure=Cure(
            {"target": "regression"},
            note="after you write them with a decimal point" if "," in name else "",
            otherwise=(_NAMES, _LISTS) if "," in name else (_NAMES,),
        ),
    )


def check_trainable(
    y: np.ndarray,
    labels: Labels,
    target: Target,
    source: str,
    skipped: Sequence[BadRow],
    *,
    with_file: bool,
) -> None:
    """Raise InputError where all rows have the same label, so that there is nothing to learn.

    Args:
        y: array, as the target encodes it.
        labels: Labels.
        target: Target.
        source: str. Where the rows came from.
        skipped: sequence of BadRow. The rows that were left out, which may be the reason.
        with_file: bool. Whether their places name their file.
    """
    problem = target.untrainable(y, labels)
    if problem is None:
        return
    template = "{source}: {problem}."
    if skipped:
        template += " {skipped:,} more were skipped, the first in {place}: {why}."
    raise InputError(
        template,
        source=source,
        problem=problem,
        skipped=len(skipped),
        place=skipped[0].place(with_file=with_file) if skipped else "",
        why=skipped[0].problem if skipped else "",
        cure=problem.cure,
    )


def _fractions(names: Sequence[str]) -> list[int]:
    """Return which names are numbers with fractions, if most are numbers; else none."""
    numbers = {at: number for at, name in enumerate(names) if (number := number_of(name))}
    if 2 * len(numbers) <= len(names):
        return []
    return [at for at, (_, _, exponent) in numbers.items() if exponent < 0]
