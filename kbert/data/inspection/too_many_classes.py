"""Whether a column of labels in fact holds names or numbers of the rows."""

from collections.abc import Collection

from kbert.findings import Cure, Finding
from kbert.targets.label_keys import number_of

_FEW = 10  # classes that any small example may have


def too_many_classes(classes: int, rows: int) -> bool:
    """Whether a class has fewer than two rows on average, so that there is nothing to learn."""
    return classes > _FEW and 2 * classes > rows


def too_many_classes_finding(names: Collection[str], rows: int) -> Finding:
    """Return the finding that nearly every row is a class of its own.

    Args:
        names: collection of str. The labels.
        rows: int.
    """
    numbers = sum(number_of(name) is not None for name in names)
    amounts = Cure({"target": "regression"}, note="if they are numbers to predict")
    return Finding(
        "too-many-classes",
        "error",
        "{rows:,} rows have {classes:,} different labels, fewer than 2 rows per class: the column "
        "looks like an id or a text, and nothing can be learned from single rows.",
        Cure(
            {"label": "NAME"},
            note="if another column holds the labels",
            otherwise=(amounts,) if 2 * numbers > len(names) else (),
        ),
        {"rows": rows, "classes": len(names)},
    )
