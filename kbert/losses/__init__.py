"""Losses of class numbers and logits."""

from kbert.losses.class_loss import ClassLoss

__all__ = ["ClassLoss"]
