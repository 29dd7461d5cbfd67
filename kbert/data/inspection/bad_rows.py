"""Rows that cannot be used, as findings."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from kbert.choices import OnBadRow
from kbert.data.reading.examples import Examples
from kbert.data.reading.rows import SKIP_CURE, BadRow
from kbert.data.reading.skipped_rows import rows_skipped
from kbert.findings import Cure, Finding, Joined, Message
from kbert.utils.wording import count_noun


def bad_row_findings(
    sets: dict[str, Examples | None], on_bad_row: OnBadRow = "error"
) -> list[Finding]:
    """Return a finding for each set with rows that cannot be used: the first row, and its cure.

    For each other reason, the finding has the number of rows and the first of them. The place and
    the cure are those with which `read_examples` refuses the row.

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
    _, *others = _by_reason(examples.skipped)
    told = [
        Message(
            "{number:,} of them for another reason, the first: {place}: {problem}.",
            number=len(rows),
            place=rows[0].place(with_file=bool(examples.files)),
            problem=rows[0].problem,
        )
        for rows in others
    ]
    return Finding(
        "bad-rows",
        "info" if on_bad_row == "skip" else "error",
        which + " cannot be used, the first: {place}: {problem}." + (" {others}" if told else ""),
        Cure(note="none needed; they are left out")
        if on_bad_row == "skip"
        else replace(cure, otherwise=(*cure.otherwise, SKIP_CURE)),
        {
            "rows": count_noun(len(examples.skipped), "row"),
            "name": name,
            "place": first.place(with_file=bool(examples.files)),
            "problem": first.problem,
            **({"others": Joined(told, " ")} if told else {}),
        },
    )


def _by_reason(skipped: Iterable[BadRow]) -> list[list[BadRow]]:
    """Return the rows grouped by reason, in the order in which the reasons first occur."""
    found = defaultdict(list)
    for row in skipped:
        column = row.problem.values.get("column")
        # In broken JSON, the column is a position in a line, which differs from row to row.
        found[row.problem.template, column if isinstance(column, str) else None].append(row)
    return list(found.values())
