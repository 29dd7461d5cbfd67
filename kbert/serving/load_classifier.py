"""A classifier from whatever holds one."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.interop.kbert_model import find_model
from kbert.models.bert_classifier import BertClassifier
from kbert.serving.export_settings import is_export


def load_classifier(path: str | Path, dtype: Any = None) -> BertClassifier:
    """Return the trained classifier at a path.

    Args:
        path: str or Path. A run directory, a model folder, a .keras file, or a folder of Google's,
            Hugging Face's or keras-hub's form with a head and the names of its classes.
        dtype: dtype policy. Defaults to None: that it was saved with.

    Raises:
        KbertError: there is none, it is broken, or it has no head.
    """
    path = Path(path)
    if is_export(path):
        raise InputError(
            "{path} is an export, which has no weights to take out. Name the run or the model "
            "that it was made of.",
            path=path,
        )
    if path.suffix == ".keras" or (path.is_dir() and find_model(path) is None):
        return BertClassifier.from_preset(str(path), dtype=dtype)
    return BertClassifier.load(path, **({} if dtype is None else {"dtype": dtype}))
