"""The optimizer of google-research/bert."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kbert.optimizers.fused_adam import FusedAdam
from kbert.optimizers.weight_decay import NO_DECAY
from kbert.techniques.known_techniques import rate_factors_of
from kbert.techniques.rate_factor import RateFactor


@keras.saving.register_keras_serializable(package="kbert")
class BertAdam(FusedAdam):
    """Google's `AdamWeightDecayOptimizer`: Adam without bias correction, decoupled decay.

        g = clip_by_global_norm(g, 1.0)
        m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g ** 2
        p -= lr * (m / (sqrt(v) + epsilon) + weight_decay * p)     (decay where not excluded)

    Without bias correction the first steps are larger than Adam's: 3.2 times at step 1, 6.5 times
    near step 12. `AdamW` is recommended for new runs; this optimizer reproduces BERT's.

    TensorFlow 1 measured the norm for clipping on the un-summed slices of the word-embedding
    gradient. This class takes the norm of the summed gradient, as every dense implementation does.

    Args:
        learning_rate: float or schedule. Defaults to 5e-5.
        weight_decay: float. Defaults to 0.01.
        beta_1: float. Defaults to 0.9.
        beta_2: float. Defaults to 0.999.
        epsilon: float. Added outside the square root. Defaults to 1e-6.
        global_clipnorm: float or None. Defaults to 1.0.
        exclude: sequence of str. Regular expressions to search for in a variable's path; a
            variable that matches is not decayed. Defaults to biases and LayerNorm.
        rate_factors: sequence of RateFactor, such as `LayerDecay(0.9)`, or of what their `to_dict`
            returns. Defaults to (): all variables have the same rate.
        **kwargs: as in `keras.optimizers.Optimizer`.

    Source: `optimization.py` of google-research/bert.

    Example:

    ```python
    model.compile(optimizer=BertAdam(2e-5))
    ```
    """

    def __init__(
        self,
        learning_rate: Any = 5e-5,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-6,
        global_clipnorm: float | None = 1.0,
        exclude: Sequence[str] = NO_DECAY,
        rate_factors: Sequence[RateFactor | dict[str, Any]] = (),
        name: str = "bert_adam",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            learning_rate=learning_rate,
            weight_decay=weight_decay,
            global_clipnorm=global_clipnorm,
            name=name,
            **kwargs,
        )
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.exclude = tuple(exclude)
        self.rate_factors = rate_factors_of(rate_factors)

    def build(self, variables: list[Any]) -> None:
        if self.built:
            return
        super().build(variables)
        moments = self.add_optimizer_variables(variables, ["adam_m", "adam_v"])
        self._momentums, self._velocities = moments

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        # TensorFlow's kernel is not used: its 1 - beta_2 is off by 1e-5 in float32.
        m, v = self.moments(variable)
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign(m, self.beta_1 * m + (1.0 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1.0 - self.beta_2) * ops.square(gradient))
        self.assign_sub(variable, learning_rate * m / (ops.sqrt(v) + self.epsilon))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
            **self.settings_of_updates(),
        }
