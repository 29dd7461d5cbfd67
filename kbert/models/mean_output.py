"""What a BERT gives for a whole text without being trained for it: the mean of its tokens."""

from collections.abc import Mapping
from typing import Any

import keras
import keras_hub
from keras import ops

from kbert.backend.encoder_layer import encoder_layer
from kbert.models.pooled_output import embedded


class MeanOutput(keras.Model):
    """A backbone whose output is the mean of its last layer over the real tokens of each text.

        sum(sequence_output * padding_mask) / sum(padding_mask)

    The output is float32 [texts, hidden]. Nothing is dropped, and no random number is drawn; the
    backbone is shared with the model that it belongs to, and does not change.

    Args:
        backbone: keras_hub.models.BertBackbone.
    """

    def __init__(self, backbone: keras_hub.models.BertBackbone) -> None:
        # With a name of its own it takes none of those that Keras numbers.
        super().__init__(name="mean_output")
        self.backbone = backbone

    def call(self, inputs: Mapping[str, Any], training: bool | None = None) -> Any:
        rows = embedded(self.backbone, inputs, training=False)
        mask = ops.cast(inputs["padding_mask"][:, None], "bool")
        for layer in self.backbone.transformer_layers:
            rows = encoder_layer(layer, rows, mask, False)
        shares = ops.cast(inputs["padding_mask"], "float32")[:, :, None]
        return ops.sum(ops.cast(rows, "float32") * shares, axis=1) / ops.sum(shares, axis=1)
