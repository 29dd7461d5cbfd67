"""What kbert's variants of Adam share."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kbert.backend.fused_update import clip_global_norm, decay, update_adam
from kbert.backend.gradients import summed
from kbert.optimizers.weight_decay import excluded_from_decay


class FusedAdam(keras.optimizers.Optimizer):
    """A mixin: Adam's update in one kernel, and weight decay with exclusions that are saved.

    The optimizer's `update_step` has the formula, for what no kernel takes: another dtype,
    `amsgrad`, and JAX, which compiles the loop over variables into one kernel by itself.
    """

    exclude: tuple[str, ...]
    beta_1: float
    beta_2: float
    epsilon: float

    def build(self, variables: list[Any]) -> None:
        if not self.built:
            self.exclude_from_weight_decay(var_list=excluded_from_decay(variables, self.exclude))
        super().build(variables)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        super().apply(summed(grads), trainable_variables)

    def rate(self, learning_rate: Any) -> Any:
        """Return the factor of `m / (sqrt(v) + epsilon)` in the present update."""
        return ops.convert_to_tensor(learning_rate, "float32")

    def moments(self, variable: Any) -> tuple[Any, Any]:
        """Return the first and the second moment of a variable."""
        index = self._get_variable_index(variable)
        return self._momentums[index], self._velocities[index]

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        if not getattr(self, "amsgrad", False):
            moments = [self.moments(variable) for variable in trainable_variables]
            rate = self.rate(learning_rate)
            betas = self.beta_1, self.beta_2
            if update_adam(trainable_variables, grads, moments, rate, *betas, self.epsilon):
                return
        super()._backend_update_step(grads, trainable_variables, learning_rate)

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        if self.weight_decay is not None:
            decayed = [variable for variable in variables if self._use_weight_decay(variable)]
            if decay(decayed, self.weight_decay * FusedAdam.rate(self, self.learning_rate)):
                return
        super()._apply_weight_decay(variables)

    def _clip_gradients(self, grads: Sequence[Any]) -> Sequence[Any]:
        if self.global_clipnorm and not self.clipnorm:
            clipped = clip_global_norm(grads, self.global_clipnorm)
            if clipped is not None:
                return clipped
        return super()._clip_gradients(grads)
