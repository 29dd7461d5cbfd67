"""A classifier from whatever holds one."""

from pathlib import Path
from typing import Any

from kbert.interop.google import GOOGLE_CONFIG
from kbert.models.bert_classifier import BertClassifier
from kbert.models.classifier_of import classifier_of
from kbert.models.model_settings import is_model_folder
from kbert.models.presets import find_preset


def load_classifier(path: str | Path, dtype: Any = None) -> BertClassifier:
    """Return the trained classifier at a path.

    Args:
        path: str or Path. A run directory, a model folder, a .keras file, or a folder of Google's
            or Hugging Face's form with a head.
        dtype: dtype policy. Defaults to None: that it was saved with.

    Raises:
        KbertError: there is none, it is broken, or it has no head.
    """
    path = Path(path)
    if path.suffix == ".keras":
        return _as(BertClassifier.load(path), dtype)
    theirs = (path / GOOGLE_CONFIG).is_file() or (path / "config.json").is_file()
    if theirs and not is_model_folder(path):
        return classifier_of(find_preset(str(path)).read(), dtype=dtype)
    return BertClassifier.load(path, **({} if dtype is None else {"dtype": dtype}))


def _as(model: BertClassifier, dtype: Any) -> BertClassifier:
    """Return a model in another precision; a .keras file is loaded in its own."""
    if dtype is None or model.backbone.dtype_policy.name == dtype:
        return model
    other = BertClassifier.from_config({**model.get_config(), "dtype": dtype})
    other.set_weights(model.get_weights())
    return other
