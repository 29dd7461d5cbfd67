"""Checks whether more rows are skipped than a few bad rows would explain."""

from collections import Counter

from kbert.data.reading.examples import Examples
from kbert.findings import Finding

MAX_SKIPPED = 0.1  # of the rows; more mean a wrong encoding, delimiter or column, not single rows
_MIN_ROWS = 10  # with fewer, a share means little, and each row can be looked at


def rows_skipped(examples: Examples, name: str = "") -> Finding | None:
    """Return the finding that more than a tenth of the rows are skipped, with the commonest reason.

    Args:
        examples: Examples.
        name: str. What the set is called, such as "dev". Defaults to "": the training set.
    """
    skipped = examples.skipped
    rows = examples.rows_read
    if len(skipped) <= MAX_SKIPPED * rows:
        return None
    templates = Counter(row.problem.template for row in skipped)
    template, number = templates.most_common(1)[0]
    first = next(row for row in skipped if row.problem.template == template)
    return Finding(
        "rows-skipped",
        "error" if len(skipped) >= _MIN_ROWS else "warning",
        "{share:.0%} of the rows of {source} ({skipped:,} of {rows:,}) cannot be used and are left "
        "out, {number:,} of them for the same reason, the first: {place}: {problem}.",
        first.problem.cure,
        {
            "share": len(skipped) / rows,
            "source": name or examples.source,
            "skipped": len(skipped),
            "rows": rows,
            "number": number,
            "place": first.place(with_file=bool(examples.files)),
            "problem": first.problem,
        },
    )
