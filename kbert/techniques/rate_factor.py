"""Techniques that give parts of a model learning rates of their own."""

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Self

from kbert.plans.training_plan import TrainingPlan
from kbert.techniques.technique import Technique

_LAYER = re.compile(r"(^|/)transformer_layer_(\d+)(/|$)")
_EMBEDDINGS = re.compile(r"(^|/)(token|position|segment)_embedding|(^|/)embeddings_layer_norm")


class RateFactor(Technique):
    """A technique that multiplies the learning rate of each variable by a factor.

    Pass it to the optimizer when it is created:
    `create_optimizer(plan, rate_factors=[LayerDecay(0.9)])`.
    """

    @abstractmethod
    def factor(self, depth: int, top: int, update: Any) -> Any:
        """Return the factor of the learning rate of the variables at a depth.

        Args:
            depth: int. 0 for the embeddings, 1 for the lowest layer, `top` for the pooler and head.
            top: int. The number of the model's layers plus 1.
            update: float tensor. The number of updates before this one.

        Returns:
            A float, or a tensor of one number.
        """

    def first_update(self, depth: int, top: int) -> int:
        """Return for how many updates the variables at a depth are held before they are trained.

        Args:
            depth: int. As in `factor`.
            top: int. As in `factor`.
        """
        return 0

    def in_plan(self, plan: TrainingPlan) -> Self:
        """Return the technique with what it takes from the plan in which it is used.

        Raises:
            InputError: it would leave something untrained for the whole plan.
        """
        return self


def variable_depths(paths: Sequence[str]) -> list[int]:
    """Return the depth of each variable in a BERT, by its path; the greatest is `top`.

    The depth is 0 for the embeddings, 1 for the lowest layer, and one more than that of the highest
    layer for everything else: the pooler and head.

    Example:

    ```python
    paths = ["token_embedding/embeddings", "transformer_layer_0/bias", "logits/bias"]
    assert variable_depths(paths) == [0, 1, 2]
    ```
    """
    layers = [_LAYER.search(path) for path in paths]
    depths = [None if layer is None else int(layer[2]) + 1 for layer in layers]
    top = max((depth for depth in depths if depth is not None), default=0) + 1
    return [
        0 if _EMBEDDINGS.search(path) else top if depth is None else depth
        for path, depth in zip(paths, depths, strict=True)
    ]


def first_updates(variables: Sequence[Any], factors: Sequence[RateFactor]) -> dict[int, int]:
    """Return for how many updates each variable is held before it is trained, by its `id`.

    Args:
        variables: sequence of variables. All that an optimizer updates.
        factors: sequence of RateFactor. The optimizer's.
    """
    depths = variable_depths([variable.path for variable in variables])
    top = max(depths, default=0)
    return {
        id(variable): max((one.first_update(depth, top) for one in factors), default=0)
        for variable, depth in zip(variables, depths, strict=True)
    }
