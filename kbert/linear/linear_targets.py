"""The linear models of the kinds of targets."""

from collections.abc import Callable

from kbert.choices import TargetKind
from kbert.linear.linear_target import LinearTarget
from kbert.linear.multi_label import MultiLabel
from kbert.linear.number_columns import NumberColumns
from kbert.linear.single_label import SingleLabel
from kbert.linear.soft_label import SoftLabel

_KINDS: dict[TargetKind, Callable[[int], LinearTarget]] = {
    "single": SingleLabel,
    "multi": MultiLabel,
    "regression": NumberColumns,
    "soft": SoftLabel,
    "ordered": SingleLabel,
}


def linear_target(kind: TargetKind, outputs: int) -> LinearTarget:
    """Return how targets of a kind are predicted by a linear model with so many outputs."""
    return _KINDS[kind](outputs)
