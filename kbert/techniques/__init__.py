"""Techniques of fine-tuning: values that change a model, its learning rates or its loss."""

from kbert.techniques.average_best import AverageBest
from kbert.techniques.freeze import Freeze
from kbert.techniques.gradual_unfreezing import GradualUnfreezing
from kbert.techniques.layer_decay import LayerDecay
from kbert.techniques.moving_average import MovingAverage

__all__ = ["AverageBest", "Freeze", "GradualUnfreezing", "LayerDecay", "MovingAverage"]
