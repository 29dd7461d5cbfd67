"""Checks the input of a `BertClassifier`'s methods: Keras's own errors are long, and no help."""

from typing import Any, Literal

import keras

from kbert.data.batches import Batches
from kbert.data.raw.holds_texts import holds_texts
from kbert.data.token_store import TokenStore
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.models.text_stream import TextStream
from kbert.utils.cell_values import describe

Method = Literal["fit", "evaluate", "predict"]

_LABELS = {"fit": ", labels", "evaluate": ", labels", "predict": ""}


def check_input(method: Method, x: Any, y: Any = None, validation_data: Any = None) -> None:
    """Raise InputError for texts in a form that cannot be read, and for labels that are names.

    Texts that can be read are already Batches at this point. Anything else is left to Keras.

    Args:
        method: "fit", "evaluate" or "predict".
        x: as passed to the method; `y` and `validation_data` too.
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
    """Raise InputError if an evaluation set contains inputs that a `BertClassifier` cannot take.

    Args:
        name: str. What messages call the set, such as "The set 'dev'".
        inputs: as they would be passed to `predict`.
    """
    if _is_wrong(inputs):
        _refuse("evaluate", name, inputs)


def _check(method: Method, option: str, given: Any) -> None:
    if _is_wrong(given):
        what = Option(option) if option != "x" else f"model.{method}"
        _refuse(method, str(what), given)


def _is_wrong(given: Any) -> bool:
    if isinstance(given, keras.utils.PyDataset) and not isinstance(given, Batches | TextStream):
        batch = given[0] if given.num_batches else None
        return holds_texts(batch[0] if isinstance(batch, tuple) and batch else batch)
    return isinstance(given, TokenStore) or holds_texts(given)


def _refuse(method: Method, what: str, given: Any) -> None:
    found = describe(given)
    raise InputError(
        "{what} of a BertClassifier takes a list of texts, a tuple (texts, pairs), Examples, a "
        "data set, or Batches. Received: {kind}",
        what=what,
        kind="TokenStore" if isinstance(given, TokenStore) else f"{found.name} ({found.shown})",
        cure=_cure(method, given),
    )


def _cure(method: Method, given: Any) -> Cure:
    """Return the call that converts the given object to what a method takes."""
    if isinstance(given, TokenStore):
        order = ', order="shuffled"' if method == "fit" else ""
        return Cure(code=f"kbert.Batches(store{order})")
    if isinstance(given, str | bytes):
        return Cure(code="[text]", note="for one text")
    if isinstance(given, keras.utils.PyDataset):
        return Cure(code=f"model.{method}(texts{_LABELS[method]})", note="with lists")
    needs = ", need_label=False" if method == "predict" else ""
    return Cure(
        code=f"kbert.read_examples(data, labels=model.labels{needs})",
        note="which takes data frames and dicts of columns",
    )


def _check_labels(option: str, labels: Any) -> None:
    if holds_texts(labels):
        found = describe(labels)
        raise InputError(
            "With token ids, Keras takes class numbers as labels, not names. Received in "
            "{option}: {kind}",
            option=Option(option),
            kind=f"{found.name} ({found.shown})",
            cure=Cure(code="model.labels.encode(labels)", note="which returns the numbers"),
        )
