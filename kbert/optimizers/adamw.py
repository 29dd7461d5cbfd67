"""AdamW that keeps its exclusions from weight decay when it is saved."""

from collections.abc import Sequence
from typing import Any

import keras

from kbert.backend.gradients import summed
from kbert.optimizers.weight_decay import NO_DECAY, excluded_from_decay


@keras.saving.register_keras_serializable(package="kbert")
class AdamW(keras.optimizers.AdamW):
    """Keras's AdamW, decaying no bias and no LayerNorm.

    With Keras's own class the exclusions are a call after construction, which a saved model does
    not remember; here they are an argument.

        m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g ** 2
        p -= lr * weight_decay * p                                 (where not excluded)
        p -= lr * sqrt(1 - b2 ** t) / (1 - b1 ** t) * m / (sqrt(v) + epsilon)

    Args:
        learning_rate: float or schedule. Defaults to 5e-5.
        weight_decay: float. Defaults to 0.01.
        beta_1: float. Defaults to 0.9.
        beta_2: float. Defaults to 0.999.
        epsilon: float. Defaults to 1e-8.
        exclude: sequence of str. Regular expressions, searched in a variable's path, of what is
            not decayed. Defaults to biases and LayerNorm.
        **kwargs: as of `keras.optimizers.AdamW`, such as `global_clipnorm`.

    Source: "Decoupled Weight Decay Regularization", arXiv 1711.05101.

    Example:

    ```python
    model.compile(optimizer=AdamW(5e-5, global_clipnorm=1.0))
    ```
    """

    def __init__(
        self,
        learning_rate: Any = 5e-5,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        exclude: Sequence[str] = NO_DECAY,
        name: str = "adamw",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            name=name,
            **kwargs,
        )
        self.exclude = tuple(exclude)

    def build(self, variables: list[Any]) -> None:
        if not self.built:
            self.exclude_from_weight_decay(var_list=excluded_from_decay(variables, self.exclude))
        super().build(variables)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        super().apply(summed(grads), trainable_variables)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "exclude": list(self.exclude)}
