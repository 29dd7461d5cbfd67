"""Reopen a program that runs without Keras."""

from pathlib import Path

from kbert.exports.compare import Compute
from kbert.serving.export_settings import ExportSettings
from kbert.serving.predictor import Predictor


def reopen(folder: Path, settings: ExportSettings) -> Compute:
    """Return what the program's own runtime computes, through the class that a server uses."""
    return Predictor.load(folder).predict_proba
