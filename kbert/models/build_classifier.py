"""Builds a classifier from a model as plain data, and converts one back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import keras

from kbert.choices import CutPair, LongText
from kbert.errors import InputError
from kbert.findings import Call, Message
from kbert.interop.model_data import ModelData
from kbert.models.backbones import build_encoder
from kbert.models.lora_arrays import plain_arrays
from kbert.models.variables import assign_variables
from kbert.targets.labels import Labels
from kbert.tokenizer.windows import Windows

Model = TypeVar("Model", bound=keras.Model)


def build_classifier(
    cls: Callable[..., Model],
    data: ModelData,
    labels: Labels | Sequence[str] | None = None,
    *,
    max_length: int | None = None,
    dropout: float | None = None,
    dtype: Any = None,
    long_text: LongText | None = None,
    cut_pair: CutPair | None = None,
    windows: Windows | None = None,
) -> Model:
    """Return the classifier of a model that has a head.

    Args:
        cls: the class of the classifier, passed in so that it need not be imported here.
        data: ModelData.
        labels: Labels or sequence of str. The classes in the order of their numbers. Defaults to
            None: those that the model's files name.
        max_length: int or None. Defaults to None: that of the model's files, else 128, or the
            number of the model's positions if it has fewer.
        dropout: float or None. Before the head. Defaults to None: the model's.
        dtype: dtype policy. Defaults to None: that of the model's files, else Keras's own.
        long_text: str or None, as in `Tokenizer`. Defaults to None: that of the model's files.
        cut_pair: str or None, as in `Tokenizer`. Defaults to None: that of the model's files.
        windows: Windows or None, as in `Tokenizer`. Defaults to None: those of the model's files.

    Raises:
        InputError: there is no head, or there is not exactly one name for each of its classes.
    """
    data = with_labels(data, labels.names if isinstance(labels, Labels) else labels)
    positions = data.backbone["max_sequence_length"]
    try:
        model = cls(
            build_encoder(data, dtype or data.dtype),
            data.labels,
            data.tokenizer.with_truncation(long_text, cut_pair, windows),
            next(n for n in (max_length, data.max_length, min(128, positions)) if n is not None),
            data.dropout if dropout is None else dropout,
            data.gelu,
            target=data.target,
            pooling=data.pooling,
            **data.settings,
        )
    except TypeError as error:
        if not data.settings:
            raise
        raise InputError(
            "{source}: config.json does not fit: {error}", source=data.source, error=error
        ) from None
    head = {name: array for name, array in data.arrays.items() if name.startswith("logits/")}
    assign_variables(model.get_layer("logits").weights, head, data.source)
    return model


def with_labels(data: ModelData, labels: Sequence[str] | None = None) -> ModelData:
    """Return the model with a name for each class of its head.

    Args:
        data: ModelData.
        labels: sequence of str. Defaults to None: those that its files name.

    Raises:
        InputError: there is no head, or there is not exactly one name for each of its classes.
    """
    if not data.classes:
        raise InputError(
            "{source} is {kind} without a classification head. To train one on it: {train}",
            source=data.source,
            kind=data.kind,
            train=Call("train", "DATA", preset=data.source, output="NEW"),
        )
    names = tuple(labels or data.labels or ())
    if len(names) != data.classes:
        raise InputError(
            "The head of {source} has {classes} classes, which need a name each, in the order of "
            "their numbers (for run_classifier.py, that of the processor's get_labels). {unnamed}"
            "Received: {received}. To name them: {name_them}",
            source=data.source,
            classes=data.classes,
            unnamed="" if labels or not data.unnamed else f"{data.unnamed} ",
            received=f"{len(names)}: {', '.join(names)}"[:200] if names else Message("no names"),
            name_them=Call("import", data.source, labels=("FIRST", "SECOND", "..."), output="NEW"),
        )
    return replace(data, labels=names)


def to_model_data(model: Any) -> ModelData:
    """Return a classifier as plain data."""
    return ModelData(
        kind="a BertClassifier",
        source="The model",
        backbone=model.get_config()["backbone"],
        gelu=model.gelu,
        read_tokenizer=lambda: model.tokenizer,
        arrays=plain_arrays(model),
        classes=len(model.labels),
        labels=model.labels.names,
        target=model.target,
        dropout=model.dropout,
        max_length=model.max_length,
        dtype=model.backbone.dtype_policy.name,
        pooling=model.pooling,
    )
