"""Ways to turn a BERT's outputs for the tokens of a text into one vector for the text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras_hub

from kbert.choices import TokenPooling
from kbert.models.mean_output import mean_of_tokens, mean_output
from kbert.models.pooled_output import pooled_output


@dataclass(frozen=True)
class Pooling:
    """A way to get a vector for each text.

    Args:
        compute: function of a backbone, inputs, `training` and whether to recompute, such as
            `pooled_output`.
        in_graph: function of a backbone. Computes the same from its symbolic inputs, by its own
            layers.
        uses_pooler: bool. Whether the backbone's pooler is used.
    """

    compute: Callable[..., Any]
    in_graph: Callable[[keras_hub.models.BertBackbone], Any]
    uses_pooler: bool


def _pooled(backbone: keras_hub.models.BertBackbone) -> Any:
    return backbone(backbone.input)["pooled_output"]


def _mean(backbone: keras_hub.models.BertBackbone) -> Any:
    rows = backbone(backbone.input)["sequence_output"]
    return mean_of_tokens(rows, backbone.input["padding_mask"])


POOLINGS: dict[TokenPooling, Pooling] = {
    "cls": Pooling(pooled_output, _pooled, uses_pooler=True),
    "mean": Pooling(mean_output, _mean, uses_pooler=False),
}
