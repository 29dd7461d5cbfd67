"""The vectors that an encoder outputs for whole texts, without a head."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_hub

from kbert.choices import TokenPooling
from kbert.models.poolings import POOLINGS


class TextVectors(keras.Model):
    """A backbone whose output is a vector for each text, from the encoder as it is.

    No dropout is applied, and no random number is drawn. The backbone is shared with the model that
    it belongs to, and does not change.

    Args:
        backbone: keras_hub.models.BertBackbone.
        pooling: "cls" or "mean". How a text's tokens become a vector.
    """

    def __init__(self, backbone: keras_hub.models.BertBackbone, pooling: TokenPooling) -> None:
        # With its own name it does not use up one of the names that Keras numbers.
        super().__init__(name="text_vectors")
        self.backbone = backbone
        self.pooling = pooling

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        return POOLINGS[self.pooling].compute(self.backbone, inputs, training=False)
