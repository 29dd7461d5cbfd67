"""What kbert's variants of Adam share."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from kbert.backend.fused_update import clip_global_norm, decay, update_adam
from kbert.backend.gradients import summed
from kbert.backend.moving_average import move_averages
from kbert.backend.optimizer_internals import updates_done
from kbert.optimizers.rate_groups import RateGroup, rate_groups
from kbert.optimizers.weight_decay import excluded_from_decay
from kbert.techniques.moving_average import momentum_at
from kbert.techniques.rate_factor import RateFactor, variable_depths


class FusedAdam(keras.optimizers.Optimizer):
    """A mixin: Adam's update in one kernel, and weight decay with exclusions that are saved.

    The optimizer's `update_step` has the formula, for cases without a kernel: other dtypes,
    `amsgrad`, and JAX, which compiles the loop over variables into one kernel by itself.

    Attributes:
        gradient_norm: keras.Variable or None. The global norm of the last update's gradients before
            clipping; None without `global_clipnorm`. It is not saved.
    """

    gradient_norm: keras.Variable | None = None

    exclude: tuple[str, ...]
    rate_factors: tuple[RateFactor, ...] = ()
    beta_1: float
    beta_2: float
    epsilon: float
    weight_decay: Any

    def build(self, variables: list[Any]) -> None:
        if not self.built:
            self.exclude_from_weight_decay(var_list=excluded_from_decay(variables, self.exclude))
            self._depths = variable_depths([variable.path for variable in variables])
        super().build(variables)
        if self._clips_globally and self.gradient_norm is None:
            # A variable, although it is not state: on JAX, a step returns nothing else.
            self.gradient_norm = self.add_variable(
                (), dtype="float32", aggregation="only_first_replica", name="gradient_norm"
            )

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        super().apply(summed(grads), trainable_variables)

    def _all_reduce_sum_gradients(self, grads_and_vars: Any) -> Any:
        # `apply` has already summed the gradients of all replicas, before clipping. Leans on the
        # method of this name (backend/tensorflow/optimizer.py).
        return grads_and_vars

    def rate(self, learning_rate: Any, updates: Any = None) -> Any:
        """Return the factor of `m / (sqrt(v) + epsilon)` in the current update.

        Args:
            learning_rate: float or tensor.
            updates: float tensor. The number of updates of the moments before this one. Defaults to
                None: all updates so far.
        """
        return ops.convert_to_tensor(learning_rate, "float32")

    def moments(self, variable: Any) -> tuple[Any, Any]:
        """Return the first and the second moment of a variable."""
        index = self._get_variable_index(variable)
        return self._momentums[index], self._velocities[index]

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        for group in self._by_rate(trainable_variables):
            self._update(
                [grads[place] for place in group.places],
                [trainable_variables[place] for place in group.places],
                self._rate_of(group, learning_rate),
            )

    def _by_rate(self, variables: Sequence[Any]) -> list[RateGroup]:
        depths = [self._depths[self._get_variable_index(variable)] for variable in variables]
        return rate_groups(depths, max(self._depths), self.rate_factors, self._updates)

    @property
    def _updates(self) -> Any:
        """The number of updates before this one, as a tensor: its operators take Python numbers."""
        return ops.cast(self.iterations, "float32")

    def _rate_of(self, group: RateGroup, learning_rate: Any) -> Any:
        """Return a group's learning rate; its moments may have started later than other groups'."""
        if group.factor is None:
            return learning_rate
        learning_rate = learning_rate * group.factor
        if not group.first:
            return learning_rate
        one = ops.ones((), "float32")
        own = self.rate(one, group.updates_trained(self._updates))
        return learning_rate * own / self.rate(one)

    def _backend_apply_gradients(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any]
    ) -> None:
        # Here, because gradients are accumulated and clipped next. Leans on the method of this name
        # (optimizers/base_optimizer.py, backend/jax/optimizer.py).
        grads = list(grads)
        for group in self._by_rate(trainable_variables) if self.rate_factors else ():
            if group.first:
                is_trained = self._updates >= group.first
                for place in group.places:
                    grads[place] = grads[place] * ops.cast(is_trained, grads[place].dtype)
        super()._backend_apply_gradients(grads, trainable_variables)

    def _update(self, grads: Sequence[Any], variables: Sequence[Any], learning_rate: Any) -> None:
        if not getattr(self, "amsgrad", False):
            moments = [self.moments(variable) for variable in variables]
            rate = self.rate(learning_rate)
            betas = self.beta_1, self.beta_2
            if update_adam(variables, grads, moments, rate, *betas, self.epsilon):
                return
        super()._backend_update_step(grads, variables, learning_rate)

    def _apply_weight_decay(self, variables: Sequence[Any]) -> None:
        weight_decay = self.weight_decay
        for group in self._by_rate(variables):
            if weight_decay is not None and group.factor is not None:
                self.weight_decay = weight_decay * group.factor  # Keras multiplies it by the rate
            try:
                self._decay([variables[place] for place in group.places])
            finally:
                self.weight_decay = weight_decay

    def _decay(self, variables: Sequence[Any]) -> None:
        if self.weight_decay is not None:
            decayed = [variable for variable in variables if self._use_weight_decay(variable)]
            if decay(decayed, self.weight_decay * FusedAdam.rate(self, self.learning_rate)):
                return
        super()._apply_weight_decay(variables)

    def _update_model_variables_moving_average(self, trainable_variables: Sequence[Any]) -> None:
        # Keras starts with the full momentum, and counts an update once for each of its batches.
        # Leans on the method of this name (optimizers/base_optimizer.py).
        share = 1.0 - momentum_at(self._updates, self.ema_momentum)
        if self.gradient_accumulation_steps:
            batches = ops.cast(self._iterations, "int32") + 1
            is_update = batches % self.gradient_accumulation_steps == 0
            share = share * ops.cast(is_update, "float32")
        move_averages(self._model_variables_moving_average, trainable_variables, share)

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        if updates_done(self):  # before the first update the averages are 0
            super().finalize_variable_values(var_list)

    def _clip_gradients(self, grads: Sequence[Any]) -> Sequence[Any]:
        if not self._clips_globally:
            return super()._clip_gradients(grads)
        clipped, norm = clip_global_norm(grads, self.global_clipnorm)
        if self.gradient_norm is not None:
            self.gradient_norm.assign(norm)
        return clipped

    @property
    def _clips_globally(self) -> bool:
        return bool(self.global_clipnorm) and not self.clipnorm

    def settings_of_updates(self) -> dict[str, Any]:
        """Return the config of the exclusions from weight decay and of the rate factors."""
        factors = [factor.to_dict() for factor in self.rate_factors]
        return {
            "exclude": list(self.exclude),
            **({"rate_factors": factors} if factors else {}),
        }

    def save_own_variables(self, store: Any) -> None:
        for place, variable in enumerate(self._saved_variables()):
            store[str(place)] = variable.numpy()

    def load_own_variables(self, store: Any) -> None:
        saved = self._saved_variables()
        if len(store.keys()) != len(saved):
            super().load_own_variables(store)  # which warns
            return
        for place, variable in enumerate(saved):
            variable.assign(store[str(place)])

    def _saved_variables(self) -> list[Any]:
        return [variable for variable in self.variables if variable is not self.gradient_norm]
