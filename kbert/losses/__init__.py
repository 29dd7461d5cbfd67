"""Losses of class numbers and logits, of several labels, and of numbers."""

from kbert.losses.class_loss import ClassLoss
from kbert.losses.label_loss import LabelLoss
from kbert.losses.standardized_error import StandardizedError

__all__ = ["ClassLoss", "LabelLoss", "StandardizedError"]
