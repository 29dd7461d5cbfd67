"""What labels other than single classes mean for training."""

from collections.abc import Callable, Iterator

import numpy as np

from kbert.choices import TargetKind
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding
from kbert.utils.wording import name_list

_MOST = 0.9  # of the rows
_MIN_ROWS = 50  # with fewer, a single row is much of the variance
_FEW = 0.01  # of the rows, or one row
_MOST_OF_LOSS = 0.5


def target_findings(examples: Examples) -> list[Finding]:
    """Return what is wrong with several labels per row, or numbers; nothing for single classes."""
    find = _FINDERS.get(examples.target.kind)
    if find is None or examples.targets is None or examples.labels is None:
        return []
    return list(find(examples, examples.targets, examples.labels.names))


def _of_labels(
    examples: Examples, targets: np.ndarray, names: tuple[str, ...]
) -> Iterator[Finding]:
    shares = targets.mean(axis=0)
    always = [name for name, share in zip(names, shares, strict=True) if share == 1]
    if always:
        yield _constant("label", always)
    without = float((~targets.any(axis=1)).mean())
    if without > _MOST:
        yield Finding(
            "imbalance",
            "warning",
            "{without:.1%} of the rows have no label: a model that predicts none gets all labels "
            "right in {without:.3f} of the rows.",
            Cure({"class_weight": "balanced", "monitor": "macro_f1"}),
            {"without": without},
        )


def _of_numbers(
    examples: Examples, targets: np.ndarray, names: tuple[str, ...]
) -> Iterator[Finding]:
    constant = [name for name, column in zip(names, targets.T, strict=True) if np.ptp(column) == 0]
    if constant:
        yield _constant("number", constant)
    for name, column in zip(names, targets.T.astype(np.float64), strict=True):
        if len(column) >= _MIN_ROWS and name not in constant:
            found = _same_number(name, column) or _outliers(examples, name, column)
            if found is not None:
                yield found


def _same_number(name: str, column: np.ndarray) -> Finding | None:
    values, rows = np.unique(column, return_counts=True)
    share = rows.max() / len(column)
    if share <= _MOST:
        return None
    return Finding(
        "imbalance",
        "warning",
        "{share:.1%} of the rows have the same number in {name!r}, {value:g}: a model that "
        "always predicts it has a small error but has learned nothing.",
        Cure({"monitor": "spearman"}),
        {"share": float(share), "name": name, "value": float(values[rows.argmax()])},
    )


def _outliers(examples: Examples, name: str, column: np.ndarray) -> Finding | None:
    squares = (column - column.mean()) ** 2
    count = max(int(_FEW * len(column)), 1)
    furthest = np.argsort(-squares, kind="stable")[:count]
    share = squares[furthest].sum() / squares.sum()
    if share <= _MOST_OF_LOSS:
        return None
    return Finding(
        "outliers",
        "warning",
        "{count:,} of {rows:,} numbers in {name!r} make up {share:.0%} of their variance, and so "
        "of the loss; the furthest is {value:g} in {place}, while half of all are at most "
        "{median:g}.",
        Cure(note="correct them where they are wrong, else train the logarithm of the numbers"),
        {
            "count": count,
            "rows": len(column),
            "name": name,
            "share": float(share),
            "value": float(column[furthest[0]]),
            "place": examples.place(examples.number(int(furthest[0]))),
            "median": float(np.median(column)),
        },
    )


def _constant(kind: str, names: list[str]) -> Finding:
    return Finding(
        "constant-target",
        "warning",
        "Every row has the label {names}: it teaches nothing."
        if kind == "label"
        else "Every row has the same number in {names}: it teaches nothing.",
        Cure({"label": "NAME,NAME"}, note="without it"),
        {"names": name_list(map(repr, names), 5)},
    )


_FINDERS: dict[TargetKind, Callable[[Examples, np.ndarray, tuple[str, ...]], Iterator[Finding]]] = {
    "multi": _of_labels,
    "regression": _of_numbers,
}
