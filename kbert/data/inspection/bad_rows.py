"""Rows that cannot be used, as findings."""

from dataclasses import replace

from kbert.choices import OnBadRow
from kbert.data.reading.examples import Examples
from kbert.data.reading.rows import SKIP_CURE
from kbert.data.reading.skipped_rows import rows_skipped
from kbert.findings import Cure, Finding
from kbert.utils.wording import count_noun


def bad_row_findings(
    sets: dict[str, Examples | None], on_bad_row: OnBadRow = "error"
) -> list[Finding]:
    """Return a finding for each set with rows that cannot be used: the first, and its cure.

    The place and the cure are those with which `read_examples` refuses the row.

    Args:
        sets: the sets by name, read with `on_bad_row="skip"`; the training set is called "".
        on_bad_row: "error" or "skip": whether such rows are an error, or will be left out.
            Defaults to "error".
    """
    return [
        _finding(name, examples, on_bad_row)
        for name, examples in sets.items()
        if examples is not None and examples.skipped
    ]


def _finding(name: str, examples: Examples, on_bad_row: OnBadRow) -> Finding:
    many = rows_skipped(examples, name) if on_bad_row == "skip" else None
    if many is not None:
        return many
    first = examples.skipped[0]
    cure = first.problem.cure
    which = "{rows} of {name}" if name else "{rows}"
    return Finding(
        "bad-rows",
        "info" if on_bad_row == "skip" else "error",
        which + " cannot be used, the first: {place}: {problem}.",
        Cure(note="none needed; they are left out")
        if on_bad_row == "skip"
        else replace(cure, otherwise=(*cure.otherwise, SKIP_CURE)),
        {
            "rows": count_noun(len(examples.skipped), "row"),
            "name": name,
            "place": first.place(with_file=bool(examples.files)),
            "problem": first.problem,
        },
    )
