"""What the methods of a `BertClassifier` cannot take: Keras's own errors are long, and no help."""

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
    """Raise InputError for texts in a form in which they cannot be read, and for names as labels.

    Texts that can be read are Batches already. Anything else is left to Keras.

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
    """Raise InputError where a set to evaluate a `BertClassifier` on holds what it cannot take.

    Args:
        name: str. What messages call it, such as "The set 'dev'".
        inputs: what `predict` would be given.
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
    """Return which call makes of something what a method takes."""
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
            "Beside token ids Keras takes the numbers of classes as labels, and no names. Received "
            "in {option}: {kind}",
            option=Option(option),
            kind=f"{found.name} ({found.shown})",
            cure=Cure(code="model.labels.encode(labels)", note="which returns the numbers"),
        )
