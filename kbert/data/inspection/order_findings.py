"""What the order of the rows means for training."""

from kbert.data.inspection.class_order import SHUFFLE_BUFFER, ClassOrder
from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.shuffle_buffer import recommend_shuffle_buffer
from kbert.data.inspection.too_many_classes import too_many_classes
from kbert.data.reading.examples import Examples
from kbert.findings import Call, Cure, Finding

_NO_CURE = Cure(note="none needed; kbert permutes all rows and splits by class")
_BATCHES = (
    "{runs:,} runs of one class; a random order has {expected_runs:,.0f}. On average a "
    "batch of 32 contains {given:.1f} of the {classes} classes in file order, {buffered:.1f} "
    "through a shuffle buffer of {buffer_size}, and {by_chance:.1f} in a random order."
)


def order_findings(facts: Inspection, examples: Examples, for_kbert: bool) -> list[Finding]:
    """Return what the order of the classes does to batches and splits.

    Args:
        facts: Inspection.
        examples: Examples.
        for_kbert: bool. Whether kbert trains on the rows: every epoch is then a permutation of
            all rows, and the development set has every class.
    """
    order = facts.order
    if order is None or too_many_classes(order.classes, facts.rows):
        return []  # where most rows are a class of their own, no order is far from a random one
    findings = []
    if order.is_sorted or order.is_clustered:
        findings.append(_together(order, examples, for_kbert))
    if order.tail_lacks_classes:
        findings.append(_tail(order, for_kbert))
    return findings


def _together(order: ClassOrder, examples: Examples, for_kbert: bool) -> Finding:
    assert examples.class_ids is not None
    cure = _NO_CURE
    if not for_kbert:
        buffer_size = recommend_shuffle_buffer(examples.class_ids)
        elsewhere = Cure(code=f"dataset.shuffle({buffer_size})", note="in other programs")
        cure = Cure(
            call=Call("train", "FILE"), note="which permutes all rows", otherwise=(elsewhere,)
        )
    return Finding(
        "class-sorted" if order.is_sorted else "class-clustered",
        "info" if for_kbert else "warning",
        "The rows are sorted by class: " + _BATCHES
        if order.is_sorted
        else "Rows of the same class are adjacent: " + _BATCHES,
        cure,
        {
            "runs": order.runs,
            "expected_runs": order.expected_runs,
            "classes": order.classes,
            "given": order.batch_classes,
            "buffered": order.batch_classes_buffered,
            "buffer_size": SHUFFLE_BUFFER,
            "by_chance": order.batch_classes_by_chance,
        },
    )


def _tail(order: ClassOrder, for_kbert: bool) -> Finding:
    return Finding(
        "tail-split",
        "info" if for_kbert else "warning",
        "The last tenth of the rows contains {tail_classes} of {classes} classes (a random tenth "
        "{expected:.0f}): validation_split would measure only these.",
        _NO_CURE
        if for_kbert
        else Cure(
            code="examples.split(dev=0.1)",
            note="which takes every class in proportion, as kbert does before training",
        ),
        {
            "tail_classes": order.tail_classes,
            "classes": order.classes,
            "expected": order.expected_tail_classes,
        },
    )
