"""Converts the arguments of a `fit` that is given raw texts to those of one on batches."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import keras

from kbert.data.batches import Batches
from kbert.data.raw.text_set import TextSet, no_length
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.models.raw_texts import RawTexts, default_batch_size, find_texts, labelled_batches
from kbert.models.text_stream import TextStream
from kbert.plans.training_plan import TrainingPlan


@runtime_checkable
class ReadsTexts(Protocol):
    """A callback that is given raw texts, from which a model makes batches."""

    def read_texts(self, model: Any) -> None:
        """Make batches from the texts for a model that is about to be trained."""


def batches_of_fit(
    model: Any, arguments: Mapping[str, Any], callbacks: Sequence[Any]
) -> dict[str, Any]:
    """Return the arguments of `fit` with Batches, or a TextStream, in place of raw texts.

    Args:
        model: BertClassifier.
        arguments: dict. The arguments of `fit` by name.
        callbacks: sequence of callbacks. Those that have raw texts read them too.
    """
    found = dict(arguments)
    texts, found["x"] = find_texts(arguments.get("x"))
    if texts is not None:
        _check_split(arguments)
        plans = (getattr(callback, "plan", None) for callback in callbacks)
        plan = next((plan for plan in plans if isinstance(plan, TrainingPlan)), None)
        raw = RawTexts(
            texts,
            found.pop("y", None),
            found.pop("sample_weight", None),
            found.pop("batch_size", None),
            steps_option="steps_per_epoch",
        )
        found.pop("validation_split", None)  # 0, see `_check_split`
        shuffle = bool(found.pop("shuffle", True))
        if isinstance(texts, TextSet) and texts.stream:
            found["x"] = _stream(model, texts, raw, plan, found.pop("steps_per_epoch", None))
            found["shuffle"] = False  # Keras would shuffle the numbers of the batches
        else:
            found["x"] = raw.training_batches(model, plan, shuffle=shuffle)
    if "validation_data" in found:
        size = found.get("validation_batch_size", arguments.get("batch_size"))
        steps = found.get("validation_steps")
        before = found["validation_data"]
        after = found["validation_data"] = labelled_batches(model, before, size, steps)
        if isinstance(after, Batches) and after is not before:
            found.pop("validation_steps", None)
    for callback in callbacks:
        if isinstance(callback, ReadsTexts):
            callback.read_texts(model)
    return found


def _stream(
    model: Any, texts: TextSet, raw: RawTexts, plan: TrainingPlan | None, steps: int | None
) -> TextStream:
    """Return the batches of a stream of unknown length; without `steps`, raise InputError."""
    if steps is None:
        raise no_length(texts, "steps_per_epoch")
    return TextStream(texts, model, steps, raw.batch_size or default_batch_size(plan))


def batches_of_evaluate(model: Any, texts: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the arguments of `evaluate`, after x, with Batches in place of raw texts.

    Args:
        model: BertClassifier.
        texts: what `find_texts` has found in x.
        *args: as in `keras.Model.evaluate` after x; `**kwargs` too.
    """
    found = _arguments(keras.Model.evaluate, texts, *args, **kwargs)
    names = ("x", "y", "sample_weight", "batch_size", "steps")
    texts, y, weights, size, steps = (found.pop(name, None) for name in names)
    raw = RawTexts(texts, y, weights, size, steps)
    return {"x": raw.evaluation_batches(model), **found}


def batches_of_predict(model: Any, texts: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the arguments of `predict`, after x, with Batches in place of raw texts.

    Args:
        model: BertClassifier.
        texts: what `find_texts` has found in x.
        *args: as in `keras.Model.predict` after x; `**kwargs` too.
    """
    found = _arguments(keras.Model.predict, texts, *args, **kwargs)
    size, steps = (found.pop(name, None) for name in ("batch_size", "steps"))
    raw = RawTexts(found.pop("x"), None, None, size, steps)
    return {"x": raw.evaluation_batches(model, need_labels=False), **found}


def _arguments(method: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the arguments of a Keras method by name."""
    found = inspect.signature(method).bind(None, *args, **kwargs).arguments
    rest = found.pop("kwargs", {})
    return {name: value for name, value in {**found, **rest}.items() if name != "self"}


def _check_split(arguments: Mapping[str, Any]) -> None:
    """Raise InputError if a share of the rows is to be the validation data."""
    if not arguments.get("validation_split"):
        return
    raise InputError(
        "{option} would take the last rows as they come: if they are sorted, whole classes are "
        "missing on one side, and equal texts end up on both.",
        option=Option("validation_split"),
        cure=Cure(
            code="train, dev = examples.split(dev=0.1)",
            note="and fit(train, validation_data=dev), with examples = "
            "kbert.read_examples((texts, labels), labels=model.labels)",
        ),
    )
