"""Callbacks for plain `model.fit`, one per file."""

from kbert.callbacks.epoch_evaluation import EpochEvaluation
from kbert.callbacks.fresh_optimizer import FreshOptimizer
from kbert.callbacks.learning_rate_logger import LearningRateLogger
from kbert.callbacks.plan_guard import PlanGuard
from kbert.callbacks.progress_bar import ProgressBar

__all__ = [
    "EpochEvaluation",
    "FreshOptimizer",
    "LearningRateLogger",
    "PlanGuard",
    "ProgressBar",
]
