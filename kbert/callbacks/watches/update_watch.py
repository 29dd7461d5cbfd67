"""How much an update changes the weights."""

import re
from typing import Any

import keras
import numpy as np

from kbert.findings import Cure, Finding
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.wording import count_noun

_MAX_KERNELS = 8
_MAX_ELEMENTS = 4_000_000  # leaves out word embeddings: an update changes few of their rows
# Norm of the change over norm of the weights. Fine-tuning at 5e-5 has 1e-3. A model that changes by
# a twentieth per update has lost its pretraining after about twenty of them.
_HEALTHY = (1e-6, 0.05)
_USUAL = 1e-3


class UpdateWatch:
    """Compares a few kernels before and after an update.

    Attributes:
        ratio: float or None. By what share of their norm the last update that was compared has
            changed the kernels, the median of those that hold something pretrained. None where none
            does.
    """

    def __init__(self, model: Any, plan: TrainingPlan) -> None:
        self._plan = plan
        variables = [v for v in model.trainable_variables if v.shape]
        kernels = [v for v in variables if _is_kernel(v)]
        kernels = kernels or variables
        places = np.linspace(0, len(kernels) - 1, min(len(kernels), _MAX_KERNELS)).astype(int)
        self._kernels = [kernels[place] for place in places]
        self._before: list[np.ndarray] | None = None
        self._rate = 0.0
        self.ratio: float | None = None

    def before(self, model: Any) -> None:
        """Keep the kernels and the rate of the next update."""
        self._before = [np.copy(keras.ops.convert_to_numpy(v.value)) for v in self._kernels]
        self._rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))

    def after(self, update: int) -> list[Finding]:
        """Return what is wrong with the update since `before`, which has this number."""
        self.ratio = None
        if self._before is None:  # a resumed fit begins inside an update
            return []
        ratios = [self._ratio(v, old) for v, old in zip(self._kernels, self._before, strict=True)]
        judged = [ratio for ratio, v in zip(ratios, self._kernels, strict=True) if not _is_new(v)]
        self.ratio = float(np.median(judged)) if judged else None
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
            return [self._unchanged(update, len(ratios))]
        return [] if self.ratio is None else self._unhealthy(update, self.ratio)

    def _unchanged(self, update: int, kernels: int) -> Finding:
        """Return the finding that an update changed no weight."""
        return Finding(
            "weights-unchanged",
            "warning",
            "Update {update:,} changed none of the {kernels} checked, at learning rate {rate:.3g}."
            if kernels
            else "No weight is trainable, so updates change nothing.",
            Cure(
                note="model.trainable = True, a rate that float32 can add to the weights, and a "
                "loss that depends on them"
            ),
            {"update": update, "kernels": count_noun(kernels, "kernel"), "rate": self._rate},
        )

    def _unhealthy(self, update: int, changed: float) -> list[Finding]:
        """Return the finding that an update was too large or too small for the weights."""
        low, high = _HEALTHY
        at_peak = self._rate >= 0.5 * self._plan.learning_rate
        if not (changed > high or (changed < low and at_peak)):
            return []
        factor = _USUAL / changed if changed > high else 10.0  # the ratio follows the rate
        return [
            Finding(
                "update-ratio",
                "warning",
                "Update {update:,} changed the weights by {changed:.2g} of their size at learning "
                "rate {rate:.3g}; healthy is {low:g} to {high:g}.",
                Cure({"learning_rate": float(f"{self._plan.learning_rate * factor:.2g}")}),
                {
                    "update": update,
                    "changed": changed,
                    "low": low,
                    "high": high,
                    "rate": self._rate,
                },
            )
        ]

    @staticmethod
    def _ratio(variable: Any, old: np.ndarray) -> float:
        new, old = (
            np.asarray(a, np.float64) for a in (keras.ops.convert_to_numpy(variable.value), old)
        )
        size = float(np.linalg.norm(old))
        return float(np.linalg.norm(new - old)) / size if size else float(np.any(new != old))


def _is_kernel(variable: Any) -> bool:
    """Whether a variable is a matrix of moderate size; attention's biases have two axes too."""
    is_matrix = len(variable.shape) > 1 and not variable.path.endswith("bias")
    return is_matrix and np.prod(variable.shape) <= _MAX_ELEMENTS


def _is_new(variable: Any) -> bool:
    """Whether a variable holds nothing pretrained: a new head, or LoRA, half of which is zero."""
    return re.search(r"^logits/|/lora_\w+_[ab]$", variable.path) is not None
