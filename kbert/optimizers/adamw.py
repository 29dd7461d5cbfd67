"""AdamW that keeps its exclusions from weight decay when it is saved."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kbert.backend.fused_update import update_one_adam
from kbert.optimizers.fused_adam import FusedAdam
from kbert.optimizers.weight_decay import NO_DECAY
from kbert.techniques.known_techniques import rate_factors_of
from kbert.techniques.rate_factor import RateFactor


@keras.saving.register_keras_serializable(package="kbert")
class AdamW(FusedAdam, keras.optimizers.AdamW):
    """Keras's AdamW, without weight decay on biases and LayerNorm.

    With Keras's own class, the exclusions are set by a call after construction, and a saved model
    loses them; here they are an argument.

        m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g ** 2
        p -= lr * weight_decay * p                                 (where not excluded)
        p -= lr * sqrt(1 - b2 ** t) / (1 - b1 ** t) * m / (sqrt(v) + epsilon)

    Args:
        learning_rate: float or schedule. Defaults to 5e-5.
        weight_decay: float. Defaults to 0.01.
        beta_1: float. Defaults to 0.9.
        beta_2: float. Defaults to 0.999.
        epsilon: float. Defaults to 1e-8.
        exclude: sequence of str. Regular expressions to search for in a variable's path; a
            variable that matches is not decayed. Defaults to biases and LayerNorm.
        rate_factors: sequence of RateFactor, such as `LayerDecay(0.9)`, or of what their `to_dict`
            returns. Defaults to (): all variables have the same rate.
        **kwargs: as in `keras.optimizers.AdamW`, such as `global_clipnorm`.

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
        rate_factors: Sequence[RateFactor | dict[str, Any]] = (),
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
        self.rate_factors = rate_factors_of(rate_factors)

    def rate(self, learning_rate: Any, updates: Any = None) -> Any:
        # Operators take Python numbers; if these became tensors, torch would wait for a GPU.
        step = ops.cast(self.iterations if updates is None else updates, "float32") + 1.0
        correction_1 = 1.0 - self.beta_1**step
        correction_2 = 1.0 - self.beta_2**step
        return super().rate(learning_rate) * ops.sqrt(correction_2) / correction_1

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not self.amsgrad:
            moments, rate = self.moments(variable), self.rate(learning_rate)
            betas = self.beta_1, self.beta_2
            if update_one_adam(variable, gradient, *moments, rate, *betas, self.epsilon):
                return
        super().update_step(gradient, variable, learning_rate)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings_of_updates()}
