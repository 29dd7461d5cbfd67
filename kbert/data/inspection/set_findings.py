"""What the sets other than the training set mean for the scores."""

from collections.abc import Mapping

import numpy as np

from kbert.choices import TargetKind
from kbert.data.inspection.duplicates import overlap, text_keys
from kbert.data.inspection.near_duplicates import find_near_duplicates
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Message, Option
from kbert.utils.missing_package import pip_install
from kbert.utils.text_difference import around_difference
from kbert.utils.wording import count_noun, name_list

_MIN_DEV_ROWS = 50
_MAX_LISTED = 5
_MAX_SHOWN = 60  # characters of a text
_MANY_NEAR = 0.01


def set_findings(
    overlaps: dict[str, tuple[int, int]], target: TargetKind = "single"
) -> list[Finding]:
    """Return what is wrong with sets that were given as files.

    Args:
        overlaps: for each set, its rows and how many of them also occur in the training set.
        target: str. What a label is. Defaults to "single".
    """
    findings = []
    for name, (rows, shared) in overlaps.items():
        if shared:
            findings.append(_overlap(name, rows, shared, _apart(name)))
        is_dev = name == "dev"
        small = small_dev_finding(rows, _more_rows(), target=target) if is_dev else None
        if small is not None:
            findings.append(small)
    return findings


def overlap_finding(name: str, training: Examples, other: Examples, cure: Cure) -> Finding | None:
    """Return the finding that rows of a set also occur in the training set, if some do."""
    shared = overlap(text_keys(training), text_keys(other))
    return _overlap(name, len(other), shared, cure) if shared else None


def stored_overlap_finding(name: str, rows: int, shared: int) -> Finding:
    """Return the finding that `shared` rows of a set also occur in the token store of a run."""
    note = "take these rows out of the file, or make the store without them"
    return _overlap(name, rows, shared, Cure(note=note))


def group_findings(training: Examples, sets: Mapping[str, Examples]) -> list[Finding]:
    """Return which of the sets that were given as files share groups with the training set."""
    if training.groups is None:
        return []
    found = {
        name: int(np.isin(other.groups, training.groups).sum())
        for name, other in sets.items()
        if other.groups is not None
    }
    return [
        Finding(
            "groups-shared",
            "warning",
            "{shared:,} of {rows:,} rows of {name} are of groups that the training set also has, "
            "so the scores do not show how the model does on new groups.",
            _apart(name),
            {"shared": shared, "rows": len(sets[name]), "name": name},
        )
        for name, shared in found.items()
        if shared
    ]


def near_duplicates_finding(
    name: str, training: Examples, other: Examples, cure: Cure | None = None
) -> Finding | None:
    """Return the finding that texts of a set are near-duplicates of training texts, if some are.

    Without datasketch, return the finding that this is unknown, which is the same for all sets.
    """
    found = find_near_duplicates(training, other)
    if found is None:
        return Finding(
            "near-duplicates-unknown",
            "info",
            "Rows that nearly match training rows are not searched for: the package datasketch "
            "is not installed.",
            Cure(code=pip_install("datasketch")),
        )
    if found.example is None:
        return None
    at, twin = found.example
    text, its_text = around_difference(_told(other, at), _told(training, twin), _MAX_SHOWN)
    share = found.near / found.rows
    sample = "" if found.all_rows else " (a sample; of {training_rows:,} training rows)"
    template = (
        "{near} of {rows:,} of {name} ({share:.1%}) {has} nearly the same text as a training row"
        + sample
        + ": {place} has {text!r}, {its_place} {its_text!r}."
    )
    return Finding(
        "near-duplicates",
        "warning" if share > _MANY_NEAR else "info",
        template,
        cure or _apart(name),
        {
            "near": count_noun(found.near, "row"),
            "rows": found.rows,
            "name": name,
            "share": share,
            "has": Message("has") if found.near == 1 else Message("have"),
            "training_rows": found.training_rows,
            "place": other.place(other.number(at)),
            "text": text,
            "its_place": training.place(training.number(twin)),
            "its_text": its_text,
        },
    )


def _told(examples: Examples, row: int) -> str:
    """Return the text of a row; both texts of a pair."""
    pair = "" if examples.pairs is None else f" | {examples.pairs[row]}"
    return examples.texts[row] + pair


def untrained_classes(training: Examples, dev: Examples) -> Finding | None:
    """Return the finding that classes of the development set are not in the training set."""
    trained, counts = training.class_counts(), dev.class_counts()
    missing = [name for name, rows in counts.items() if rows and not trained.get(name)]
    if not missing:
        return None
    rows = sum(counts[name] for name in missing)
    has, is_of = (
        (Message("has"), Message("is of")) if rows == 1 else (Message("have"), Message("are of"))
    )
    several = training.class_ids is None
    return Finding(
        "class-untrained",
        "warning",
        "{rows} of dev {are} {classes} that the training set has no row of ({names}): the model "
        "cannot get them right.",
        Cure(
            {"dev_proportion": "SHARE"},
            note="smaller or larger, so that both sets have rows of every class",
            otherwise=(Cure({"dev": "FILE"}),),
        ),
        {
            "rows": count_noun(rows, "row"),
            "are": has if several else is_of,
            "classes": count_noun(len(missing), "label")
            if several
            else count_noun(len(missing), "class", "classes"),
            "names": name_list(missing, _MAX_LISTED),
        },
    )


def small_dev_finding(
    rows: int, cure: Cure, name: str = "dev", target: TargetKind = "single"
) -> Finding | None:
    """Return the finding that a development set is too small to measure by, if it is."""
    if not 0 < rows < _MIN_DEV_ROWS:
        return None
    return Finding(
        "dev-small",
        "warning",
        "{name} has {rows}, on which chance alone gives a correlation of {correlation:.2f}."
        if target == "regression"
        else "{name} has {rows}: each of them is {share:.1%} of its accuracy, which chance alone "
        "moves by {noise:.0%} or more.",
        cure,
        # 95% of samples of a model that is right half of the time are within 1.96 * sqrt(1/4 / n).
        {
            "name": name,
            "rows": count_noun(rows, "row"),
            "share": 1 / rows,
            "noise": 0.98 / rows**0.5,
            # Among pairs of unrelated columns, 5% correlate more strongly than this.
            "correlation": min(1.96 / rows**0.5, 1.0),
        },
    )


def _overlap(name: str, rows: int, shared: int, cure: Cure) -> Finding:
    return Finding(
        "dev-overlap",
        "error" if shared > 0.5 * rows else "warning",
        "{shared:,} of the {rows:,} rows of {name} ({share:.1%}) also occur in the training set, "
        "so a model that has memorized them scores well.",
        cure,
        {"shared": shared, "rows": rows, "name": name, "share": shared / rows},
    )


def _apart(name: str) -> Cure:
    """Return the cure for a file: what may be left out, and what kbert does without it."""
    note = "take these rows out of one of the two files, or leave out {option}"
    if name == "dev":
        note += " to train: what kbert sets aside itself shares no text and no group with the rest"
    return Cure(note=note, values={"option": Option(name)})


def _more_rows() -> Cure:
    return Cure(
        note="add rows to the file, or leave out {option} to train: a tenth of the training file "
        "is then set aside",
        values={"option": Option("dev")},
    )
