"""Classifiers in .keras files, checked before Keras makes anything of them."""

import re
from pathlib import Path
from typing import Any

import keras

import kbert.optimizers
import kbert.schedules  # noqa: F401 (Keras finds the classes that are registered)
from kbert.errors import InputError
from kbert.interop.config_checks import check_classifier, check_fits_file
from kbert.utils.untrusted_weights import check_keras_zip

# What an optimizer, a loss and metrics are made of; anything else in a .keras file is refused.
_KERAS_MODULES = re.compile(
    r"keras\.(src\.)?(backend\.torch\.)?(optimizers|losses|metrics)(\.\w+)*"
)


def read_keras_file(path: Path, cls: type[keras.Model]) -> Any:
    """Return the classifier in a .keras file, or raise KbertError.

    Keras runs no code of a file's, but it makes objects of any of its classes that the file
    names. So what is named is checked before, and the sizes too.
    """
    if not path.is_file():
        raise InputError("There is no file {path}.", path=path)
    saved, held = check_keras_zip(path)
    if saved.get("registered_name") != "kbert>BertClassifier":
        name = str(saved.get("class_name"))[:80]
        raise InputError("{path} holds a {name}, not a BertClassifier.", path=path, name=name)
    config = saved.pop("config", None)
    check_classifier(config, path)
    check_fits_file(config["backbone"], len(config["labels"]), held, path)
    _check_objects([config, saved.get("build_config"), saved.get("compile_config")], path)
    try:
        model = keras.models.load_model(path)
    except Exception as error:  # Keras lets through whatever its zip and h5 readers raise
        raise InputError(
            "{path} cannot be loaded: {error}", path=path, error=str(error).splitlines()[0][:300]
        ) from error
    if not isinstance(model, cls):
        raise InputError(
            "{path} holds a {kind}, not a {cls}.",
            path=path,
            kind=type(model).__name__,
            cls=cls.__name__,
        )
    return model


def _check_objects(value: Any, path: Path) -> None:
    """Raise KbertError when a configuration names a class or function that no training needs."""
    if isinstance(value, list):
        for part in value:
            _check_objects(part, path)
    if not isinstance(value, dict):
        return
    if "class_name" in value and not _is_known(value):
        raise InputError(
            "{path} names the object {value!s:.80}.{class_name!s:.80}, which is refused. "
            "Expected optimizers, losses and metrics of kbert, of Keras, or registered by the "
            "running program.",
            path=path,
            value=value.get("module"),
            class_name=value["class_name"],
        )
    for part in value.values():
        _check_objects(part, path)


def _is_known(value: dict[str, Any]) -> bool:
    """Whether Keras would make of this an object that training needs; it looks here first."""
    module, name = value.get("module"), value["class_name"]
    is_function = name == "function"
    registered = value.get("config") if is_function else value.get("registered_name") or name
    if not isinstance(registered, str):
        return False
    found = keras.saving.get_registered_object(registered)
    if found is not None:
        return not found.__module__.startswith(("keras.", "keras_hub."))
    if is_function:
        return module == "builtins" and hasattr(keras.losses, registered)
    if (module, name) == ("keras", "DTypePolicy"):
        return True
    return isinstance(module, str) and _KERAS_MODULES.fullmatch(module) is not None
