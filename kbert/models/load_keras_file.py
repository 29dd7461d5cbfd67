"""Loads classifiers from .keras files, which are checked before Keras creates any object."""

import re
from pathlib import Path
from typing import Any

import keras

import kbert.optimizers
import kbert.schedules  # noqa: F401 (Keras finds the classes that are registered)
from kbert.errors import InputError
from kbert.interop.keras_file import read_keras_config
from kbert.interop.model_data import check_finite
from kbert.models.variables import to_arrays
from kbert.utils.foreign import foreign_input

# Modules of optimizers, losses and metrics; anything else in a .keras file is refused.
_KERAS_MODULES = re.compile(
    r"keras\.(src\.)?(backend\.torch\.)?(optimizers|losses|metrics)(\.\w+)*"
)


def load_keras_file(path: Path, cls: type[keras.Model]) -> Any:
    """Return the classifier in a .keras file, compiled as it was saved.

    Keras executes no code from the file, but instantiates any of its own classes that the file
    names. So the names are checked first, and the sizes too.

    Args:
        path: Path.
        cls: the class that the model must have.

    Raises:
        InputError: there is no such file, it contains another model, or it names other classes.
    """
    saved = read_keras_config(path)
    _check_objects([saved.get(part) for part in ("config", "build_config", "compile_config")], path)
    with foreign_input("{path} cannot be loaded: {reason}", path=path):
        model = keras.models.load_model(path)
    if not isinstance(model, cls):
        raise InputError(
            "{path} holds a {found}, not a {expected}.",
            path=path,
            found=type(model).__name__,
            expected=cls.__name__,
        )
    for name, array in to_arrays(model.weights).items():
        check_finite(array, name, path)
    return model


def _check_objects(value: Any, path: Path) -> None:
    """Raise InputError if a configuration names a class or function that training never needs."""
    if isinstance(value, list):
        for part in value:
            _check_objects(part, path)
    if not isinstance(value, dict):
        return
    if "class_name" in value and not _is_known(value):
        raise InputError(
            "{path} names the object {module!s:.80}.{class_name!s:.80}, which is refused. "
            "Expected optimizers, losses and metrics of kbert, of Keras, or registered by the "
            "running program.",
            path=path,
            module=value.get("module"),
            class_name=value["class_name"],
        )
    for part in value.values():
        _check_objects(part, path)


def _is_known(value: dict[str, Any]) -> bool:
    """Whether this names an object that training needs; registered names are looked up first."""
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
