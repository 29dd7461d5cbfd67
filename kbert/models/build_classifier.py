"""A classifier from a plain model, and back."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import keras

from kbert.data.reading.labels import Labels
from kbert.errors import InputError
from kbert.interop.model_data import ModelData
from kbert.interop.sources import Preset
from kbert.models.backbones import build_encoder
from kbert.models.variables import assign_variables, to_arrays
from kbert.tokenizer.tokenizer import Tokenizer

Model = TypeVar("Model", bound=keras.Model)


def build_classifier(
    cls: Callable[..., Model],
    source: ModelData,
    labels: Labels | Sequence[str] | None = None,
    *,
    max_length: int | None = None,
    dropout: float | None = None,
    dtype: Any = None,
) -> Model:
    """Return another program's classifier, head and all.

    Args:
        cls: the class of the classifier, handed down so that it need not be imported here.
        source: ModelData, with a head.
        labels: Labels or sequence of str. The classes in the order of their numbers. Defaults to
            None: those that the source names.
        max_length: int or None. Defaults to None: the source's where it tells, else 128, or the
            positions of the model where it has fewer.
        dropout: float or None. Before the head. Defaults to None: the source's.
        dtype: dtype policy. Defaults to None: the source's where it tells, else Keras's own.

    Raises:
        KbertError: there is no head, its classes have no names, or not so many.
    """
    names = labels.names if isinstance(labels, Labels) else labels or source.labels
    if not source.classes:
        raise InputError(
            "The source, {kind}, has no classification head. To train one on it, name it as "
            "the --preset of kbert train, or pass labels to BertClassifier.from_preset.",
            kind=source.kind,
        )
    if names is None or len(names) != source.classes:
        found = "no names" if names is None else f"{len(names)}: {', '.join(map(str, names))}"
        raise InputError(
            "The head has {classes} classes, and their names are needed in the order of their "
            "numbers. Received: {found}. Name them: --labels FIRST SECOND ..., or labels=[...] "
            'with head="preset" to BertClassifier.from_preset.',
            classes=source.classes,
            found=found[:200],
        )
    positions = source.backbone["max_sequence_length"]
    model = cls(
        build_encoder(source, dtype or source.dtype),
        names,
        source.tokenizer,
        next(n for n in (max_length, source.max_length, min(128, positions)) if n is not None),
        source.dropout if dropout is None else dropout,
        source.gelu,
    )
    head = {
        "logits/kernel": source.arrays["logits/kernel"],
        "logits/bias": source.arrays["logits/bias"],
    }
    assign_variables(model.get_layer("logits").weights, head, source.kind)
    return model


def build_classifier_of_preset(
    cls: Callable[..., Model],
    preset: Preset,
    labels: Labels | Sequence[str] | None,
    max_length: int | None,
    dropout: float | None,
    tokenizer: Tokenizer | None,
    dtype: Any,
    *,
    pretrained: bool = True,
) -> Model:
    """Return a preset's classifier, head and all; see `BertClassifier.from_preset`."""
    if not pretrained or preset.path is None:
        what = "without its weights" if preset.path is not None else "of a hub"
        raise InputError(
            "The preset {name} {what} has no head to take. Pass labels=[...] for a new one.",
            name=preset.name,
            what=what,
        )
    source = preset.read()
    if tokenizer is not None:
        source = replace(source, read_tokenizer=lambda: tokenizer)
    return build_classifier(
        cls, source, labels, max_length=max_length, dropout=dropout, dtype=dtype
    )


def to_model_data(model: Any) -> ModelData:
    """Return a classifier as plain data."""
    return ModelData(
        kind="a BertClassifier",
        backbone=model.get_config()["backbone"],
        gelu=model.gelu,
        read_tokenizer=lambda: model.tokenizer,
        arrays=to_arrays(model.weights),
        classes=len(model.labels),
        labels=model.labels.names,
        dropout=model.dropout,
        max_length=model.max_length,
        dtype=model.backbone.dtype_policy.name,
    )
