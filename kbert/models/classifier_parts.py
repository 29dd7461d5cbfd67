"""Whether the parts of a classifier fit each other."""

import keras_hub

from kbert.errors import InputError
from kbert.tokenizer.tokenizer import Tokenizer


def check_parts(
    backbone: keras_hub.models.BertBackbone,
    names: tuple[str, ...],
    tokenizer: Tokenizer,
    max_length: int,
) -> None:
    """Raise KbertError unless names, vocabulary and length fit each other and the backbone."""
    if len(names) < 2 or any(not name for name in names) or len(set(names)) < len(names):
        raise InputError(
            "`labels` must be at least two different names. Received: {names}",
            names=list(names)[:20],
        )
    if len(tokenizer) > backbone.vocabulary_size:
        raise InputError(
            "The tokenizer has {tokenizer} pieces and the backbone takes {vocabulary_size}. "
            "Pass the vocabulary that the weights were trained with.",
            tokenizer=len(tokenizer),
            vocabulary_size=backbone.vocabulary_size,
        )
    if not 3 <= max_length <= backbone.max_sequence_length:
        raise InputError(
            "`max_length` must be from 3 to the {max_sequence_length} positions of the "
            "backbone. Received: {max_length}",
            max_sequence_length=backbone.max_sequence_length,
            max_length=max_length,
        )
