"""What a saved model's config.json says, readable without Keras."""

from pathlib import Path
from typing import Any

from kbert.model_sizes import check_classifier
from kbert.untrusted import read_json


def model_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of a saved model.

    Raises:
        KbertError: there are none, or they are of other types than a classifier's.
    """
    settings = read_json(folder / "config.json")
    check_classifier(settings, folder / "config.json")
    return settings


def is_model_folder(folder: Path) -> bool:
    """Whether a folder holds a model in kbert's own form, as far as its config.json says."""
    if not (folder / "config.json").is_file():
        return False
    return str(read_json(folder / "config.json").get("format", "")).startswith("kbert-model-")
