"""Whether the parts of a classifier fit each other."""

import keras_hub

from kbert.errors import KbertError
from kbert.tokenizer.tokenizer import Tokenizer


def check_parts(
    backbone: keras_hub.models.BertBackbone,
    names: tuple[str, ...],
    tokenizer: Tokenizer,
    max_length: int,
) -> None:
    """Raise KbertError unless names, vocabulary and length fit each other and the backbone."""
    if len(names) < 2 or any(not name for name in names) or len(set(names)) < len(names):
        raise KbertError(
            f"`labels` must be at least two different names. Received: {list(names)[:20]}"
        )
    if len(tokenizer) > backbone.vocabulary_size:
        raise KbertError(
            f"The tokenizer has {len(tokenizer)} pieces and the backbone takes "
            f"{backbone.vocabulary_size}. Pass the vocabulary that the weights were trained with."
        )
    if not 3 <= max_length <= backbone.max_sequence_length:
        raise KbertError(
            f"`max_length` must be from 3 to the {backbone.max_sequence_length} positions of the "
            f"backbone. Received: {max_length}"
        )
