"""Adversarial training on the embeddings of tokens."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import worded
from kbert.techniques.objective import Objective
from kbert.techniques.training_step import TrainingStep

# Without it, float16 gradients would be too small; the length of a gradient makes no difference.
_SCALE = 2.0**10


@dataclass(frozen=True)
class FGM(Objective):
    """Train each batch once more, with token embeddings moved to where they are worst for the loss.

        g    = gradient of the loss with respect to the table of token embeddings
        loss = loss(table) + loss(table + epsilon * g / norm(g))

    The norm is that of the whole table, and what is added to the table counts as a constant. The
    gradient and the second loss are each computed in a separate pass, with another dropout than
    that of the first loss.

    Args:
        epsilon: float, above 0. How far the table moves. 1.0 is usual.

    Raises:
        InputError: `epsilon` is out of range.

    Source: "Adversarial Training Methods for Semi-Supervised Text Classification", arXiv
        1605.07725, with embeddings of a fixed scale; here the table is as is, as in competitions.

    Example:

    ```python
    model.compile(optimizer=create_optimizer(plan), objectives=[FGM(1.0)])
    ```
    """

    epsilon: float

    name: ClassVar[str] = "fgm"
    settings: ClassVar[dict[str, str]] = {"fgm": "epsilon"}

    def __post_init__(self) -> None:
        if not 0 < self.epsilon < float("inf"):
            raise InputError("`epsilon` must be above 0. Received: {epsilon}", epsilon=self.epsilon)

    def term(self, step: TrainingStep) -> Any:
        from keras import ops

        from kbert.backend.inner_gradient import gradient_at_zeros

        def loss_at(offset: Any) -> Any:
            return step.loss_of(step.again(token_offset=offset))

        table = step.model.backbone.token_embedding.embeddings
        gradient = gradient_at_zeros(
            lambda offset: _SCALE * loss_at(offset),
            table.shape,
            step.model.non_trainable_variables,
        )
        norm = ops.sqrt(ops.sum(ops.square(gradient)))
        can_move = ops.logical_and(norm > 0, ops.isfinite(norm))
        length = ops.where(can_move, self.epsilon / ops.where(can_move, norm, 1.0), 0.0)
        return loss_at(ops.where(can_move, gradient * length, 0.0))

    def told(self) -> str:
        return worded(
            "FGM: each batch once more, its token embeddings moved by {epsilon:g}",
            epsilon=self.epsilon,
        )
