"""The linear models for each kind of target."""

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
    """Return how a linear model with this many outputs predicts targets of a kind."""
    return _KINDS[kind](outputs)
