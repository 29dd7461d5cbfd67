"""Facts about a labelled data set, and what will cause trouble."""

from dataclasses import replace

from kbert.choices import OnBadRow
from kbert.data.inspection.bad_rows import bad_row_findings
from kbert.data.inspection.class_order import class_order
from kbert.data.inspection.data_findings import data_findings
from kbert.data.inspection.duplicates import Duplicates, find_duplicates, overlap, text_keys
from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.set_findings import group_findings, near_duplicates_finding
from kbert.data.inspection.text_lengths import MAX_ROWS, scripts, text_lengths
from kbert.data.reading.examples import Examples, check_examples
from kbert.findings import by_severity
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.counts import check_count


def inspect_examples(
    examples: Examples,
    *,
    tokenizer: Tokenizer | None = None,
    max_length: int = 128,
    max_rows: int = MAX_ROWS,
    dev: Examples | None = None,
    test: Examples | None = None,
    on_bad_row: OnBadRow = "skip",
    for_kbert: bool = False,
) -> Inspection:
    """Return the facts about a data set, and what will cause trouble.

    Nothing is changed and no framework is imported. In a large data set, tokens are counted in a
    sample of the rows; everything else is counted in all rows.

    Args:
        examples: Examples of the training set. If they were read with `on_bad_row="skip"`, their
            bad rows are reported too, as are those of the other sets.
        tokenizer: Tokenizer. Defaults to None: tokens are not counted.
        max_length: int. The maximum number of tokens that the model reads. Defaults to 128.
        max_rows: int. The maximum number of rows whose tokens are counted. Defaults to 20,000.
        dev: Examples or None. A set that should share no rows with this one. Defaults to None.
        test: Examples or None. Another one. Defaults to None.
        on_bad_row: "error" or "skip": whether bad rows are an error, or will be left out. Defaults
            to "skip", as they were left out when the examples were read.
        for_kbert: bool. Whether kbert trains on these rows, which makes their order harmless.
            Defaults to False.

    Example:

    ```python
    from kbert import read_examples

    inspection = inspect_examples(read_examples((["a", "b", "a"], ["x", "y", "y"])))
    assert "conflicting-labels" in [finding.code for finding in inspection.findings]
    ```
    """
    check_count("max_length", max_length)
    for given in (examples, *(other for other in (dev, test) if other is not None)):
        check_examples(given)
    keys = text_keys(examples)
    inspection = Inspection(
        source=examples.source,
        rows=len(examples),
        skipped=len(examples.skipped),
        classes=examples.class_counts(),
        scripts=scripts(examples.texts),
        target=examples.target.kind,
        same_for_all=_same_for_all(examples),
        duplicates=_in_rows(find_duplicates(keys, examples.y), examples),
        order=None if examples.class_ids is None else class_order(examples.class_ids),
        lengths=None if tokenizer is None else text_lengths(examples, tokenizer, max_rows),
        overlaps={
            name: (len(other), overlap(keys, text_keys(other)))
            for name, other in (("dev", dev), ("test", test))
            if other is not None
        },
    )
    findings = bad_row_findings({"": examples, "dev": dev, "test": test}, on_bad_row)
    findings += data_findings(inspection, examples, tokenizer, max_length, for_kbert=for_kbert)
    sets = {name: other for name, other in (("dev", dev), ("test", test)) if other is not None}
    findings += group_findings(examples, sets)
    for name, other in sets.items():
        near = near_duplicates_finding(name, examples, other)
        findings += [near] if near is not None and near not in findings else []
    return replace(inspection, findings=tuple(by_severity(findings)))


def _same_for_all(examples: Examples) -> str:
    if examples.y is None or examples.labels is None:
        return ""
    return examples.target.same_for_all(examples.y, examples.labels.names)


def _in_rows(duplicates: Duplicates, examples: Examples) -> Duplicates:
    """Return duplicates with row numbers of the file, counted from 1, instead of positions."""
    if duplicates.conflict is None:
        return duplicates
    first, second = map(examples.number, duplicates.conflict)
    return replace(duplicates, conflict=(first, second))
