"""What the classes of a data set mean for training."""

from collections import defaultdict

from kbert.data.inspection.inspection import Inspection
from kbert.data.reading.labels import bare_label
from kbert.findings import Cure, Finding
from kbert.utils.wording import count_noun

_MIN_ROWS = 10  # of a class


def label_findings(facts: Inspection) -> list[Finding]:
    """Return what is wrong with the labels, given the facts about a data set."""
    judges = (_variants, _imbalance, _rare)
    return [finding for judge in judges if (finding := judge(facts)) is not None]


def _variants(facts: Inspection) -> Finding | None:
    variants = defaultdict(list)
    for name in facts.classes:
        variants[bare_label(name)].append(name)
    groups = [names for names in variants.values() if len(names) > 1]
    if not groups:
        return None
    template = "Labels differ only in case or blanks and would be classes of their own: {names}"
    shown = [f"{name!r} ({count_noun(facts.classes[name], 'row')})" for name in groups[0]]
    return Finding(
        "label-variants",
        "error",
        template + (", and {others}." if len(groups) > 1 else "."),
        Cure(note="write the label the same way in every row"),
        {"names": ", ".join(shown), "others": count_noun(len(groups) - 1, "other group")},
    )


def _imbalance(facts: Inspection) -> Finding | None:
    if facts.majority is None or facts.majority <= 0.9:
        return None
    return Finding(
        "imbalance",
        "warning",
        "{majority:.1%} of the rows belong to the class {largest!r}: accuracy {majority:.3f} "
        "means that nothing was learned.",
        Cure({"monitor": "macro_f1"}),
        {"majority": facts.majority, "largest": next(iter(facts.classes))},
    )


def _rare(facts: Inspection) -> Finding | None:
    rare = [(name, rows) for name, rows in facts.classes.items() if rows < _MIN_ROWS]
    if not rare:
        return None
    name, rows = rare[-1]
    return Finding(
        "rare-class",
        "warning",
        "Fewer than {min_rows} rows in {rare} of {classes} classes ({name!r}: {rows}): such a "
        "class can hardly be learned, and its scores are chance.",
        Cure(note="add rows of these classes, or merge them with others"),
        {
            "min_rows": _MIN_ROWS,
            "rare": len(rare),
            "classes": len(facts.classes),
            "name": name,
            "rows": rows,
        },
    )
