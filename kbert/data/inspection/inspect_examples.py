"""What is in a labelled data set, and what will hurt."""

from dataclasses import replace

import numpy as np

from kbert.data.inspection.class_order import class_order
from kbert.data.inspection.data_findings import data_findings
from kbert.data.inspection.duplicates import Duplicates, find_duplicates, overlap, text_keys
from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.text_lengths import MAX_ROWS, scripts, text_lengths
from kbert.data.reading.examples import Examples
from kbert.findings import by_severity
from kbert.tokenizer.tokenizer import Tokenizer


def inspect_examples(
    examples: Examples,
    *,
    tokenizer: Tokenizer | None = None,
    max_length: int = 128,
    max_rows: int = MAX_ROWS,
    dev: Examples | None = None,
    test: Examples | None = None,
) -> Inspection:
    """Return what is in a data set, and what will hurt.

    Nothing is changed and no framework is imported. Tokens are counted in a sample of the rows
    where there are many; everything else in all rows.

    Args:
        examples: Examples, of the training set. Read with `on_bad_row="skip"`, it tells of its bad
            rows too.
        tokenizer: Tokenizer. Defaults to None: tokens are not counted.
        max_length: int. The most tokens that the model is to read. Defaults to 128.
        max_rows: int. The most rows whose tokens are counted. Defaults to 20,000.
        dev: Examples or None. A set whose rows should not stand in this one. Defaults to None.
        test: Examples or None. Another one. Defaults to None.

    Example:

    ```python
    from kbert import read_examples

    inspection = inspect_examples(read_examples((["a", "b", "a"], ["x", "y", "y"])))
    assert "conflicting-labels" in [finding.code for finding in inspection.findings]
    ```
    """
    keys = text_keys(examples)
    classes: dict[str, int] = {}
    if examples.labels is not None and examples.label_ids is not None:
        counts = np.bincount(examples.label_ids, minlength=len(examples.labels))
        largest = np.argsort(-counts, kind="stable")
        classes = {examples.labels.names[i]: int(counts[i]) for i in largest}
    inspection = Inspection(
        source=examples.source,
        rows=len(examples),
        skipped=len(examples.skipped),
        classes=classes,
        scripts=scripts(examples.texts),
        duplicates=_in_rows(find_duplicates(keys, examples.label_ids), examples),
        order=None if examples.label_ids is None else class_order(examples.label_ids),
        lengths=None if tokenizer is None else text_lengths(examples, tokenizer, max_rows),
        overlaps={
            name: (len(other), overlap(keys, text_keys(other)))
            for name, other in (("dev", dev), ("test", test))
            if other is not None
        },
    )
    findings = by_severity(data_findings(inspection, examples, tokenizer, max_length))
    return replace(inspection, findings=tuple(findings))


def _in_rows(duplicates: Duplicates, examples: Examples) -> Duplicates:
    """Return duplicates with the file's row numbers, from 1, in place of places."""
    if duplicates.conflict is None:
        return duplicates
    numbers = range(1, len(examples) + 1) if examples.rows is None else examples.rows
    first, second = duplicates.conflict
    return replace(duplicates, conflict=(int(numbers[first]), int(numbers[second])))
