"""What the classes of a data set mean for training."""

from collections import defaultdict
from functools import partial

import numpy as np

from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.joined_labels import joined_labels
from kbert.data.inspection.missing_words import looks_missing
from kbert.data.inspection.number_labels import labels_are_numbers
from kbert.data.inspection.too_many_classes import too_many_classes, too_many_classes_finding
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Joined, Message, Text
from kbert.targets.label_keys import label_key, likeness
from kbert.utils.wording import count_noun, name_list

_MIN_ROWS = 10  # of a class
_MAX_LISTED = 6
_MAX_GROUPS, _MAX_ROWS = 3, 5  # in a cure


def label_findings(facts: Inspection, examples: Examples) -> list[Finding]:
    """Return what is wrong with the labels, given the facts about a data set, and its rows."""
    variants = partial(_variants, examples)
    judges = (_too_many, variants, _missing, labels_are_numbers, joined_labels, _imbalance, _rare)
    return [finding for judge in judges if (finding := judge(facts)) is not None]


def _too_many(facts: Inspection) -> Finding | None:
    rows = facts.classes.values()
    # With the labels of a model, a small file has rows of only a few of its many classes.
    if not rows or min(rows) == 0 or not too_many_classes(len(rows), sum(rows)):
        return None
    return too_many_classes_finding(facts.classes, sum(rows))


def _variants(examples: Examples, facts: Inspection) -> Finding | None:
    variants = defaultdict(list)
    for name in facts.classes:
        variants[label_key(name)].append(name)
    groups = [names for names in variants.values() if len(names) > 1]
    if not groups:
        return None
    template = {
        "number": "Labels are equal as numbers but would be separate classes: {names}",
        "case": "Labels differ only in case or blanks but would be separate classes: {names}",
        "form": "Labels differ only in the form of their characters but would be separate "
        "classes: {names}",
    }[likeness(*groups[0][:2])]
    return Finding(
        "label-variants",
        "error",
        template + (", and {others}." if len(groups) > 1 else "."),
        _one_spelling(groups, examples),
        {
            "names": _with_rows(groups[0], facts),
            "others": count_noun(len(groups) - 1, "other group"),
        },
    )


def _one_spelling(groups: list[list[str]], examples: Examples) -> Cure:
    """Return the cure: which labels to spell differently, and in which rows."""
    changes: list[Text] = []
    for names in groups[:_MAX_GROUPS]:  # the most frequent first
        most = next((name for name in names if name == name.strip()), names[0])
        others = [
            Message("{name!r} ({rows})", name=name, rows=_rows(name, examples))
            for name in names
            if name != most
        ]
        changes.append(Message("{label!r} in place of {others}", label=most, others=Joined(others)))
    more = len(groups) - _MAX_GROUPS
    if more > 0:
        changes.append(Message("and {more}", more=count_noun(more, "other group")))
    return Cure(note="write {changes}", values={"changes": Joined(changes, "; ")})


def _rows(name: str, examples: Examples) -> Text:
    """Return the numbers of the first rows with a label."""
    assert examples.labels is not None
    assert examples.y is not None
    label = examples.labels.ids[name]
    has_it = examples.y == label if examples.y.ndim == 1 else examples.y[:, label] > 0
    places = np.flatnonzero(has_it)
    numbers = [examples.number(at) for at in places[:_MAX_ROWS]]
    shown: list[Text] = [examples.place(n) if examples.files else str(n) for n in numbers]
    shown += ["..."] if len(places) > _MAX_ROWS else []
    if not shown:
        return Message("no row")
    if examples.files:  # each with its file
        return Joined(shown)
    if len(places) < 2:
        return Message("row {numbers}", numbers=shown[0])
    return Message("rows {numbers}", numbers=Joined(shown))


def _missing(facts: Inspection) -> Finding | None:
    names = [name for name in facts.classes if looks_missing(name)]
    if not names:
        return None
    return Finding(
        "label-looks-missing",
        "warning",
        "Labels that programs write for a missing value are classes: {names}.",
        Cure(
            note="leave these rows out, or fill the labels in, unless they are real names",
        ),
        {"names": _with_rows(names, facts)},
    )


def _with_rows(names: list[str], facts: Inspection) -> str:
    rows = {name: count_noun(facts.classes[name], "row") for name in names}
    shown = [Message("{name!r} ({rows})", name=name, rows=number) for name, number in rows.items()]
    return name_list(shown, _MAX_LISTED)


def _imbalance(facts: Inspection) -> Finding | None:
    if facts.target == "multi" or facts.majority is None or facts.majority <= 0.9:
        return None
    return Finding(
        "imbalance",
        "warning",
        "{majority:.1%} of the rows belong to the class {largest!r}: accuracy {majority:.3f} "
        "means that nothing was learned.",
        Cure(
            {"class_weight": "balanced", "monitor": "macro_f1"}
            if facts.target in ("single", "ordered")
            else {"monitor": "macro_f1"}
        ),
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
        "Fewer than {min_rows} rows in {rare} of {classes} classes ({name!r}: {rows}): a class of "
        "so few rows may not be learned, and its scores say little.",
        Cure(note="add rows of these classes, or merge them with others"),
        {
            "min_rows": _MIN_ROWS,
            "rare": len(rare),
            "classes": len(facts.classes),
            "name": name,
            "rows": rows,
        },
    )
