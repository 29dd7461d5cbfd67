"""Callbacks for plain `model.fit`, one a file."""

from kbert.callbacks.epoch_evaluation import EpochEvaluation
from kbert.callbacks.learning_rate_logger import LearningRateLogger
from kbert.callbacks.progress_bar import ProgressBar

__all__ = ["EpochEvaluation", "LearningRateLogger", "ProgressBar"]
