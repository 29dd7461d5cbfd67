"""Losses for class numbers and logits, several labels, numbers, and pairs of predictions."""

from kbert.losses.class_divergence import ClassDivergence
from kbert.losses.class_loss import ClassLoss
from kbert.losses.contrastive_loss import ContrastiveLoss
from kbert.losses.label_divergence import LabelDivergence
from kbert.losses.label_loss import LabelLoss
from kbert.losses.standardized_error import StandardizedError

__all__ = [
    "ClassDivergence",
    "ClassLoss",
    "ContrastiveLoss",
    "LabelDivergence",
    "LabelLoss",
    "StandardizedError",
]
