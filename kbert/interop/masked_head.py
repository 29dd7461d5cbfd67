"""The head that predicts masked tokens: its weights' names in kbert and in other programs."""

from collections.abc import Mapping

from kbert.interop.weights import WeightSpec

MASKED_HEAD = "masked_lm_head/"
"""What the names of its weights begin with."""
_GOOGLE = "cls/predictions"


def masked_head_specs(backbone: Mapping[str, int]) -> list[WeightSpec]:
    """Return the weights of the head; its last matrix is the table of the token embedding.

        logits = LayerNorm(gelu(Dense(hidden)(token))) @ token_embedding.T + output_bias

    Args:
        backbone: the arguments of keras-hub's `BertBackbone`.
    """
    hidden = (backbone["hidden_dim"],)
    vocabulary = (backbone["vocabulary_size"],)
    dense, norm = "intermediate_dense", "intermediate_layer_norm"
    return [
        _spec(f"{dense}/kernel", "transform/dense/kernel", "transform.dense.weight", hidden * 2),
        _spec(f"{dense}/bias", "transform/dense/bias", "transform.dense.bias", hidden),
        _spec(f"{norm}/gamma", "transform/LayerNorm/gamma", "transform.LayerNorm.weight", hidden),
        _spec(f"{norm}/beta", "transform/LayerNorm/beta", "transform.LayerNorm.bias", hidden),
        _spec("output_bias", "output_bias", "bias", vocabulary),
    ]


def _spec(ours: str, google: str, theirs: str, shape: tuple[int, ...]) -> WeightSpec:
    names = f"{_GOOGLE}/{google}", f"cls.predictions.{theirs}"
    return WeightSpec(MASKED_HEAD + ours, *names, shape, shape)
