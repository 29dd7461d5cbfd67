"""Checks that the parts of a classifier fit each other."""

import keras_hub

from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.config_checks import check_max_length
from kbert.tokenizer.tokenizer import Tokenizer


def check_parts(
    backbone: keras_hub.models.BertBackbone,
    names: tuple[str, ...],
    tokenizer: Tokenizer,
    max_length: int,
) -> None:
    """Raise InputError unless names, vocabulary and length fit each other and the backbone."""
    if len(names) < 2 or any(not name for name in names) or len(set(names)) < len(names):
        raise InputError(
            "{option} must be at least two different names. Received: {names}",
            option=Option("labels"),
            names=list(names)[:20],
        )
    if len(tokenizer) > backbone.vocabulary_size:
        raise InputError(
            "The tokenizer has {pieces} pieces but the backbone has {rows} embeddings. Pass the "
            "vocabulary that the weights were trained with.",
            pieces=len(tokenizer),
            rows=backbone.vocabulary_size,
        )
    check_max_length(max_length, backbone.max_sequence_length)
