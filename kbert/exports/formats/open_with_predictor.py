"""A program that runs without Keras, as a function of texts."""

from pathlib import Path

from kbert.exports.compare import Compute
from kbert.serving.export_settings import ExportSettings
from kbert.serving.predictor import Predictor


def opened(folder: Path, settings: ExportSettings) -> Compute:
    """Return the folder as its runtime computes it, through what a server would load."""
    return Predictor.load(folder).predict_proba
