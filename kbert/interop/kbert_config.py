"""The settings of a saved kbert model, and its data; no Keras is needed to read them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError, KbertError
from kbert.findings import Joined, Text
from kbert.interop.config_checks import BACKBONE_ARGUMENTS, check_classifier, with_defaults
from kbert.interop.model_data import ModelData
from kbert.targets.known_targets import target_of
from kbert.tokenizer.tokenizer import Tokenizer

_KNOWN = (
    *("backbone", "labels", "tokenizer", "max_length", "dropout", "gelu", "dtype", "target"),
    *("pooling", "frozen"),
)


def check_settings(settings: Any, source: object) -> None:
    """Raise InputError unless these are a `BertClassifier.get_config` of the right types."""
    check_classifier(settings, source)
    name = settings.get("name") or ""
    if "/" in name:  # which Keras takes for a path
        raise InputError(
            "{source}: the name of a model must be without '/'. Received: {name!r:.80}",
            source=source,
            name=name,
        )
    unknown = sorted(set(settings["backbone"]) - set(BACKBONE_ARGUMENTS))
    if unknown:  # keras-hub would accept them silently
        raise InputError(
            "{source}: a backbone has no {unknown}. Known: {known}.",
            source=source,
            unknown=Joined(map(repr, unknown)),
            known=Joined(BACKBONE_ARGUMENTS),
        )


def folder_tokenizer(folder: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """Return the tokenizer of a model folder with these settings."""
    try:
        return Tokenizer.from_file(folder / "vocab.txt", **settings.get("tokenizer", {}))
    except TypeError as error:
        raise tokenizer_misfit(folder, error) from None


def config_tokenizer(source: Path, settings: Mapping[str, Any]) -> Tokenizer:
    """Return the tokenizer of settings that include the vocabulary."""
    try:
        return Tokenizer.from_config(settings.get("tokenizer", {}))
    except (TypeError, KbertError) as error:
        raise tokenizer_misfit(source, error) from None


def tokenizer_misfit(source: Path, error: Exception) -> InputError:
    """Return the error for tokenizer settings that its class does not accept."""
    return InputError(
        "{source}: the tokenizer in config.json does not fit: {error}", source=source, error=error
    )


def own_model_data(
    kind: Text,
    source: str,
    settings: Mapping[str, Any],
    tokenizer: Tokenizer,
    arrays: Mapping[str, np.ndarray],
) -> ModelData:
    """Return a kbert model as plain data.

    Args:
        kind: what messages call it.
        source: where it comes from.
        settings: its `get_config`, checked.
        tokenizer: Tokenizer.
        arrays: its weights by kbert's names.
    """
    return ModelData(
        kind=kind,
        source=source,
        backbone=with_defaults(settings["backbone"]),
        gelu=settings.get("gelu", "tanh"),
        read_tokenizer=lambda: tokenizer,
        arrays=arrays,
        classes=len(settings["labels"]),
        labels=tuple(settings["labels"]),
        target=target_of(settings.get("target"), len(settings["labels"])),
        dropout=settings.get("dropout", 0.1),
        max_length=settings.get("max_length"),
        dtype=settings.get("dtype"),
        pooling=settings.get("pooling", "cls"),
        settings={name: value for name, value in settings.items() if name not in _KNOWN},
    )
