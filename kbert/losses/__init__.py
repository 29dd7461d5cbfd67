"""Losses of class numbers and logits, and of numbers."""

from kbert.losses.class_loss import ClassLoss
from kbert.losses.standardized_error import StandardizedError

__all__ = ["ClassLoss", "StandardizedError"]
