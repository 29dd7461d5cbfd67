"""Small matrices that are trained in place of an encoder's kernels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Cure, worded
from kbert.techniques.model_change import ModelChange


@dataclass(frozen=True)
class LoRA(ModelChange):
    """Train two small matrices beside each query and value kernel; the kernels stay as they are.

        kernel = pretrained kernel + alpha / rank * (a @ b)

    It is Keras's `enable_lora`: `a` is [hidden, heads, rank], so that each head has its own, and
    `b` is [rank, size of a head], which all heads share. `a` is drawn by the He uniform
    initializer, and `b` starts as zeros. The head and a pooler that it reads are trained whole;
    embeddings, biases, LayerNorms and all other kernels are not trained. The optimizer's state is
    as small as what is trained. Use a learning rate far above that of fine-tuning, such as 1e-3.

    `save_to`, runs and exports have the merged kernels, and are like those of any other model.

    Args:
        rank: int, at least 1 and below the size of a head.
        alpha: float or None, above 0. Defaults to None: the rank.

    Raises:
        InputError: an argument is out of range, or the model has LoRA already.

    Source: "LoRA: Low-Rank Adaptation of Large Language Models", arXiv 2106.09685, which also
        adapts queries and values.

    Example:

    ```python
    model = BertClassifier.from_preset("minilm", labels=["bad", "good"])
    LoRA(rank=8)(model)
    model.compile(optimizer=create_optimizer(plan))
    ```
    """

    rank: int
    alpha: float | None = None

    name: ClassVar[str] = "lora"
    settings: ClassVar[dict[str, str]] = {"lora_rank": "rank", "lora_alpha": "alpha"}
    needs_pretrained: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise InputError("`rank` must be 1 or more. Received: {rank}", rank=self.rank)
        if self.alpha is not None and not 0 < self.alpha < float("inf"):
            raise InputError("`alpha` must be above 0. Received: {alpha}", alpha=self.alpha)

    def __call__(self, model: Any) -> Any:
        from kbert.backend.lora_internals import enable_lora

        backbone = model.backbone
        self.check_without_lora(model)
        if not all(layer.trainable for layer in backbone.transformer_layers):
            raise InputError(
                "Layers of the model are frozen, and LoRA would train in them again.",
                cure=Cure(note="use LoRA alone: it trains nothing else in the encoder"),
            )
        self.check_model(model)
        enable_lora(backbone, self.rank, float(self.rank if self.alpha is None else self.alpha))
        backbone.pooled_dense.trainable = model.pooling == "cls"
        return model

    def check_sizes(self, sizes: Mapping[str, Any]) -> None:
        head = sizes["hidden_dim"] // sizes["num_heads"]
        if self.rank >= head:
            raise InputError(
                "Each attention head of the model has {head} numbers, so LoRA of rank {rank} "
                "would not be smaller.",
                head=head,
                rank=self.rank,
                cure=Cure({"lora_rank": max(head // 4, 1)}),
            )

    def told(self) -> str:
        return worded(
            "LoRA of rank {rank} and alpha {alpha:g}: nothing else in the encoder is trained",
            rank=self.rank,
            alpha=self.rank if self.alpha is None else self.alpha,
        )
