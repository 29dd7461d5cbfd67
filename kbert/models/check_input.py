"""Texts and examples where Keras takes arrays: its own errors are pages long and name no cure."""

from collections.abc import Mapping
from typing import Any, Literal

import keras

from kbert.data.reading.examples import Examples
from kbert.data.token_store import TokenStore
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.utils.cell_values import describe

Method = Literal["fit", "evaluate", "predict"]

_BATCHES = {"fit": "model.batches({}, plan)", "evaluate": "model.batches({})"}
_READ = "kbert.read_examples((texts, labels), labels=model.labels)"


def check_input(method: Method, x: Any, y: Any = None, validation_data: Any = None) -> None:
    """Raise InputError where a method of a `BertClassifier` is given texts, or what holds them.

    Anything else is left to Keras.

    Args:
        method: "fit", "evaluate" or "predict".
        x: what the method is given, as are `y` and `validation_data`.
    """
    _check(method, "x", x)
    _check_labels("y", y)
    if isinstance(validation_data, tuple):
        inputs, labels = (*validation_data, None, None)[:2]
        _check("evaluate", "validation_data", inputs)
        _check_labels("validation_data", labels)
    else:
        _check("evaluate", "validation_data", validation_data)


def check_set(name: str, inputs: Any) -> None:
    """Raise InputError where a set to evaluate a `BertClassifier` on holds texts.

    Args:
        name: str. What messages call it, such as "The set 'dev'".
        inputs: what `predict` would be given.
    """
    if (kind := _no_input(inputs)) is not None:
        _refuse("evaluate", name, inputs, kind)


def _check(method: Method, option: str, given: Any) -> None:
    if (kind := _no_input(given)) is None:
        return
    what = Option(option) if option != "x" else f"model.{method}"
    _refuse(method, str(what), given, kind)


def _refuse(method: Method, what: str, given: Any, kind: str) -> None:
    raise InputError(
        "{what} of a BertClassifier takes token ids, such as Batches, and no texts. "
        "Received: {kind}",
        what=what,
        kind=kind,
        cure=_cure(method, given),
    )


def _cure(method: Method, given: Any) -> Cure:
    """Return which call makes of something what a method takes."""
    if isinstance(given, TokenStore):
        order = ', order="shuffled"' if method == "fit" else ""
        return Cure(code=f"kbert.Batches(store{order})")
    if method == "predict":
        if not isinstance(given, Examples):
            return Cure(code="model.predict_texts(texts)")
        pairs = "" if given.pairs is None else ", examples.pairs"
        return Cure(code=f"model.predict_texts(examples.texts{pairs})")
    if isinstance(given, Examples):
        return Cure(code=_BATCHES[method].format("examples"))
    return Cure(code=_BATCHES[method].format("examples"), note=f"with examples = {_READ}")


def _check_labels(option: str, labels: Any) -> None:
    if _holds_texts(labels):
        raise InputError(
            "Keras takes the numbers of classes as labels, and no names. Received in {option}: "
            "{kind}",
            option=Option(option),
            kind=_named(labels),
            cure=Cure(code="model.labels.encode(labels)", note="which returns the numbers"),
        )


def _no_input(given: Any) -> str | None:
    """Return what something is that no method of Keras takes; None where it may be right."""
    if isinstance(given, Examples | TokenStore):
        return type(given).__name__
    return _named(given) if _holds_texts(given) else None


def _named(given: Any) -> str:
    found = describe(given)
    return f"{found.name} ({found.shown})"


def _holds_texts(given: Any) -> bool:
    """Whether there are strings where arrays of numbers should be."""
    if isinstance(given, str | bytes):
        return True
    if isinstance(given, Mapping):
        return any(map(_holds_texts, given.values()))
    if hasattr(given, "columns"):  # a data frame
        return any(_holds_texts(given[name]) for name in given.columns)
    if isinstance(given, list | tuple):
        return len(given) > 0 and _holds_texts(given[0])
    if hasattr(given, "element_spec"):  # of tf.data
        return any(map(_is_of_strings, keras.tree.flatten(given.element_spec)))
    return _is_of_strings(given)


def _is_of_strings(array: Any) -> bool:
    dtype = getattr(array, "dtype", None)
    if getattr(dtype, "kind", "") == "O":
        return _holds_texts(next(iter(array), None)) if getattr(array, "shape", ()) else False
    return getattr(dtype, "kind", "") in ("U", "S", "T") or getattr(dtype, "name", "") == "string"
