"""How much an update changes the weights."""

from typing import Any

import keras
import numpy as np

from kbert.findings import Cure, Finding
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.wording import count_noun

_MAX_KERNELS = 8
_MAX_ELEMENTS = 4_000_000  # not the word embeddings, most of whose rows rest in any one update
# Norm of the change over norm of the weights. Fine-tuning at 5e-5 has 1e-3; a model that changes by
# a twentieth in each update has forgotten what it was trained for after some twenty of them.
_HEALTHY = (1e-6, 0.05)


class UpdateWatch:
    """Compares a few kernels before and after an update."""

    def __init__(self, model: Any, plan: TrainingPlan) -> None:
        self._plan = plan
        variables = [v for v in model.trainable_variables if v.shape]
        kernels = [v for v in variables if len(v.shape) > 1 and np.prod(v.shape) <= _MAX_ELEMENTS]
        kernels = kernels or variables
        places = np.linspace(0, len(kernels) - 1, min(len(kernels), _MAX_KERNELS)).astype(int)
        self._kernels = [kernels[place] for place in places]
        self._before: list[np.ndarray] | None = None
        self._rate = 0.0

    def before(self, model: Any) -> None:
        """Note the kernels, and the rate that the update will have."""
        self._before = [np.copy(keras.ops.convert_to_numpy(v.value)) for v in self._kernels]
        self._rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))

    def after(self, update: int) -> list[Finding]:
        """Return what is wrong with the update that was made since, the one of this number."""
        if self._before is None:  # a fit that has begun in the middle of an update
            return []
        ratios = [self._ratio(v, old) for v, old in zip(self._kernels, self._before, strict=True)]
        changed = float(np.median(ratios)) if ratios else 0.0
        if self._rate == 0 and update > 0:
            return [
                Finding(
                    "rate-zero",
                    "warning",
                    "Update {update:,} had learning rate 0 and changed nothing.",
                    Cure(
                        code="callbacks=[kbert.FreshOptimizer(plan)]",
                        otherwise=(Cure(note="remove what sets the rate to 0"),),
                    ),
                    {"update": update},
                )
            ]
        if self._rate > 0 and not any(ratios):
            return [
                Finding(
                    "weights-unchanged",
                    "warning",
                    "{value}",
                    Cure(
                        note="model.trainable = True, a rate that float32 can add to the weights, "
                        "and a loss that depends on them"
                    ),
                    {
                        "value": f"Update {update:,} changed none of the "
                        f"{count_noun(len(ratios), 'kernel')} looked at, at learning rate "
                        f"{self._rate:.3g}."
                        if ratios
                        else "No weight is trainable, so no update can change any."
                    },
                )
            ]
        low, high = _HEALTHY
        at_peak = self._rate >= 0.5 * self._plan.learning_rate
        if changed > high or (changed < low and at_peak):
            much, factor = ("more", 0.1) if changed > high else ("less", 10.0)
            return [
                Finding(
                    "update-ratio",
                    "warning",
                    "Update {update:,} changed the weights by {changed:.2g} of their size, "
                    "{much} than is healthy ({low:g} to {high:g}), at learning rate {rate:.3g}.",
                    Cure(
                        note="learning_rate={learning_rate:.2g}",
                        values={"learning_rate": self._plan.learning_rate * factor},
                    ),
                    {
                        "update": update,
                        "changed": changed,
                        "much": much,
                        "low": low,
                        "high": high,
                        "rate": self._rate,
                    },
                )
            ]
        return []

    @staticmethod
    def _ratio(variable: Any, old: np.ndarray) -> float:
        new, old = (
            np.asarray(a, np.float64) for a in (keras.ops.convert_to_numpy(variable.value), old)
        )
        size = float(np.linalg.norm(old))
        return float(np.linalg.norm(new - old)) / size if size else float(np.any(new != old))
