"""How much an update changes the weights."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kbert.backend.lora_internals import LoraParts, lora_parts
from kbert.backend.optimizer_internals import inner_optimizer
from kbert.findings import Cure, Finding
from kbert.plans.training_plan import TrainingPlan
from kbert.techniques.rate_factor import first_updates
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
            changed the kernels, the median of those that hold something pretrained and are trained
            by now. None where there are none.
    """

    def __init__(self, model: Any, plan: TrainingPlan) -> None:
        self._plan = plan
        of_lora = list(lora_parts(model))
        own = {id(variable) for parts in of_lora for variable in (parts.a, parts.b)}
        variables = [v for v in model.trainable_variables if v.shape and id(v) not in own]
        kernels = [_Kernel(v) for v in variables if _is_kernel(v)]
        # The first of LoRA's matrices is new, and the second zero: what they change is judged.
        kernels += [_Kernel(p.base, p) for p in of_lora if p.b.trainable and _is_kernel(p.base)]
        kernels = kernels or [_Kernel(v) for v in variables]
        places = np.linspace(0, len(kernels) - 1, min(len(kernels), _MAX_KERNELS)).astype(int)
        self._kernels = [kernels[place] for place in places]
        self._before: list[np.ndarray] | None = None
        self._first: list[int] = []
        self._rate = 0.0
        self.ratio: float | None = None

    def before(self, model: Any) -> None:
        """Keep the kernels and the rate of the next update."""
        self._before = [kernel.value() for kernel in self._kernels]
        factors = getattr(inner_optimizer(model.optimizer), "rate_factors", ())
        first = first_updates(model.trainable_variables, factors)
        self._first = [first.get(id(kernel.trained), 0) for kernel in self._kernels]
        self._rate = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))

    def after(self, update: int) -> list[Finding]:
        """Return what is wrong with the update since `before`, which has this number."""
        self.ratio = None
        if self._before is None:  # a resumed fit begins inside an update
            return []
        ratios = [
            _ratio(k.value(), old) for k, old in zip(self._kernels, self._before, strict=True)
        ]
        judged = [
            ratio
            for ratio, kernel, first in zip(ratios, self._kernels, self._first, strict=True)
            if not kernel.is_new and first <= update  # later layers are still held
        ]
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


@dataclass(frozen=True)
class _Kernel:
    """What is compared: a kernel, with what LoRA adds to it where it has LoRA."""

    variable: Any
    lora: LoraParts | None = None

    @property
    def is_new(self) -> bool:
        """Whether it holds nothing pretrained: a new head."""
        return bool(self.variable.path.startswith("logits/"))

    @property
    def trained(self) -> Any:
        """What the optimizer changes."""
        return self.variable if self.lora is None else self.lora.b

    def value(self) -> np.ndarray:
        """Return a copy, with LoRA merged."""
        if self.lora is None:
            return _value(self.variable)
        return self.lora.merged(_value(self.variable), _value(self.lora.a), _value(self.lora.b))


def _value(variable: Any) -> np.ndarray:
    return np.array(keras.ops.convert_to_numpy(variable.value))


def _ratio(new: np.ndarray, old: np.ndarray) -> float:
    new, old = (np.asarray(array, np.float64) for array in (new, old))
    size = float(np.linalg.norm(old))
    return float(np.linalg.norm(new - old)) / size if size else float(np.any(new != old))


def _is_kernel(variable: Any) -> bool:
    """Whether a variable is a matrix of moderate size; attention's biases have two axes too."""
    is_matrix = len(variable.shape) > 1 and not variable.path.endswith("bias")
    return is_matrix and np.prod(variable.shape) <= _MAX_ELEMENTS
