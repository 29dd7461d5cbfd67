"""Whether a column of labels in fact holds names or numbers of the rows."""

from kbert.findings import Cure, Finding

_FEW = 10  # classes that any small example may have


def too_many_classes(classes: int, rows: int) -> bool:
    """Whether a class has fewer than two rows on average, so that there is nothing to learn."""
    return classes > _FEW and 2 * classes > rows


def too_many_classes_finding(classes: int, rows: int) -> Finding:
    """Return the finding that nearly every row is a class of its own."""
    return Finding(
        "too-many-classes",
        "error",
        "{rows:,} rows have {classes:,} different labels, fewer than 2 rows per class: the column "
        "looks like an id or a text, and nothing can be learned from single rows.",
        Cure({"label": "NAME"}, note="if another column holds the labels"),
        {"rows": rows, "classes": classes},
    )
