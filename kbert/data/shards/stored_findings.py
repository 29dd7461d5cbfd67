"""What is wrong with the rows of a token store, as far as its labels and shards show."""

from kbert.data.inspection.duplicates import Duplicates
from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.label_findings import label_findings
from kbert.data.shards.stored_examples import StoredExamples
from kbert.data.shards.window_finding import window_finding
from kbert.errors import InputError
from kbert.findings import Finding, by_severity


def stored_findings(examples: StoredExamples, batch_size: int) -> list[Finding]:
    """Return what is wrong with the labels of a token store and the windows of its shards.

    Args:
        examples: StoredExamples.
        batch_size: int. Rows per batch.

    Raises:
        InputError: all rows have the same label.
    """
    assert examples.store is not None
    assert examples.y is not None
    assert examples.labels is not None
    problem = examples.target.untrainable(examples.y, examples.labels)
    if problem is not None:
        raise InputError(
            "{store}: {problem}.",
            store=str(examples.store),
            problem=problem,
            cure=problem.cure,
        )
    facts = Inspection(
        source=examples.source,
        rows=len(examples),
        skipped=0,
        classes=examples.class_counts(),
        scripts={},
        duplicates=Duplicates(0, 0, None),
        order=None,
        lengths=None,
        target=examples.target.kind,
    )
    windows = window_finding(examples.store, batch_size)
    findings = label_findings(facts, examples)
    return by_severity([*findings, *([] if windows is None else [windows])])
