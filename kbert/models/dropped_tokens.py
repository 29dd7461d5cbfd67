"""Tokens that a model does not see in training."""

from typing import Any

import keras
from keras import ops

from kbert.data.masking import MASK
from kbert.errors import InputError
from kbert.tokenizer.tokenizer import Tokenizer


class DroppedTokens(keras.layers.Layer):
    """Replaces tokens with [MASK] in training, except [CLS], [SEP] and [PAD].

    Args:
        rate: float. The probability that a token is replaced.
        tokenizer: Tokenizer.

    Raises:
        InputError: the vocabulary has no [MASK].
    """

    def __init__(self, rate: float, tokenizer: Tokenizer) -> None:
        super().__init__(name="dropped_tokens")
        if MASK not in tokenizer.ids:
            raise InputError(
                "The vocabulary has no {mask}, which replaces dropped tokens.", mask=MASK
            )
        self.rate = rate
        self.mask_id = tokenizer.ids[MASK]
        self.kept = (tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id)
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def call(self, token_ids: Any, training: bool | None = None) -> Any:
        if not training:
            return token_ids
        dropped = keras.random.uniform(ops.shape(token_ids), seed=self.seed_generator) < self.rate
        for kept in self.kept:
            dropped = ops.logical_and(dropped, token_ids != kept)
        return ops.where(dropped, ops.cast(self.mask_id, token_ids.dtype), token_ids)
