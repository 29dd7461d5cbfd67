"""Learning-rate schedules for any Keras optimizer."""

from kbert.schedules.warmup_polynomial_decay import WarmupPolynomialDecay

__all__ = ["WarmupPolynomialDecay"]
