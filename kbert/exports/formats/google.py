"""A TF1 checkpoint with its head, as google-research/bert reads it.

Keras's `Model.export` does not write checkpoints.
"""

from pathlib import Path
from typing import Any

from kbert.exports.compare import Compute
from kbert.interop.google import read_google
from kbert.interop.write_google import write_google
from kbert.models.bert_classifier import BertClassifier
from kbert.models.build_classifier import build_classifier, to_model_data


def write(model: Any, path: Path) -> None:
    """Write the folder."""
    path.mkdir()
    write_google(path, to_model_data(model))


def reopen(path: Path, model: Any) -> Compute:
    """Return the checkpoint as TensorFlow reads it."""
    source = read_google(path, lowercase=model.tokenizer.lowercase)
    return build_classifier(BertClassifier, source, max_length=model.max_length).predict_proba
