"""What a saved model's config.json says, readable without Keras."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.interop.config_checks import check_classifier
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import check_file, read_json
from kbert.utils.untrusted_weights import check_keras_zip

FORMAT = "kbert-model-1"


def model_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of a saved model.

    Raises:
        KbertError: there are none, or they are of other types than a classifier's.
    """
    settings = read_json(folder / "config.json")
    check_classifier(settings, folder / "config.json")
    return settings


def model_tokenizer(folder: Path, settings: dict[str, Any]) -> Tokenizer:
    """Return the tokenizer of a model folder.

    Args:
        folder: Path.
        settings: its `model_settings`.
    """
    try:
        return Tokenizer.from_file(folder / "vocab.txt", **settings.get("tokenizer", {}))
    except TypeError as error:
        raise InputError(
            "{folder}: the tokenizer in config.json does not fit: {error}",
            folder=folder,
            error=error,
        ) from None


def find_model(path: Path) -> Path | None:
    """Return where kbert's own model stands: a model folder, a run's, or a .keras file; or None.

    Raises:
        KbertError: a run has no trained model yet, or a model is of another version's format.
    """
    if path.suffix == ".keras" and path.is_file():
        return path
    for folder in (path / "model", path):
        if (folder / "config.json").is_file():
            check_file(folder / "config.json", path)
            form = read_json(folder / "config.json").get("format")
            if form == FORMAT:
                return folder
            if str(form).startswith("kbert-model-"):
                raise InputError(
                    "{folder} has the format {form!s:.80}, and {format} was expected. Install "
                    "the kbert that has written it.",
                    folder=folder / "config.json",
                    form=form,
                    format=FORMAT,
                )
    if (path / "run.json").is_file():
        raise InputError(
            "{path} is a run without a trained model. Finish it with kbert resume {path}, or "
            "name another source.",
            path=path,
        )
    return None


def own_settings(model: Path) -> tuple[dict[str, Any], Tokenizer]:
    """Return the settings and the tokenizer of what `find_model` has found."""
    if model.suffix != ".keras" or not model.is_file():
        settings = model_settings(model)
        return settings, model_tokenizer(model, settings)
    saved, _ = check_keras_zip(model)
    if saved.get("registered_name") != "kbert>BertClassifier":
        name = str(saved.get("class_name"))[:80]
        raise InputError("{model} holds a {name}, not a BertClassifier.", model=model, name=name)
    settings = saved.get("config", {})
    check_classifier(settings, model)
    try:
        return settings, Tokenizer.from_config(settings.get("tokenizer", {}))
    except (TypeError, KbertError) as error:
        raise InputError(
            "{model}: the tokenizer in config.json does not fit: {error}", model=model, error=error
        ) from None
