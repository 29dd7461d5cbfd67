"""The verbs of the command line, a function each. None imports a framework before it needs it."""

from kbert.verbs import data, models, training
from kbert.verbs.app import app

__all__ = ["app", "data", "models", "training"]
