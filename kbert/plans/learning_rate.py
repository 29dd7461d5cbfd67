"""The learning rate as a pure function of the step: written once, for NumPy and for Keras."""

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from kbert.choices import DecayFrom


@dataclass(frozen=True)
class LearningRate:
    """The learning rate of warmup followed by polynomial decay.

    With W = warmup_steps and N = decay_steps:

        warmup_end:  step < W:  peak * (step + 1) / (W + 1)
                     else:      (peak - end) * ((N - min(step, N)) / (N - W)) ** power + end
        start:       step < W:  peak * step / W
                     else:      (peak - end) * ((N - min(step, N)) / N) ** power + end

    If the decay counts from the end of warmup, there is no jump at W and no step before N with
    rate 0. If it counts from the start, as in google-research/bert, the rate drops at W by the
    factor 1 - W / N, and step 0 has rate 0.

    Args:
        peak: float. The rate at the end of warmup.
        decay_steps: int. N, the step at which `end` is reached, counted from step 0.
        warmup_steps: int. W, the steps of linear warmup. Defaults to 0.
        end: float. The rate from step N on. Defaults to 0.
        power: float. Of the decay; 1 is linear. Defaults to 1.
        cycle: bool. Whether to start a new, longer decay at N instead of staying at `end`, as
            `tf.train.polynomial_decay` does. Defaults to False.
        decay_from: "warmup_end" or "start": where the decay counts from. Defaults to "warmup_end".

    Source: `optimization.py` of google-research/bert; `tf.train.polynomial_decay`.

    Example:

    ```python
    rate = LearningRate(peak=1e-4, decay_steps=100, warmup_steps=9)
    assert rate.at(np.array([0, 9, 100])).tolist() == [1e-5, 1e-4, 0]
    ```
    """

    peak: float
    decay_steps: int
    warmup_steps: int = 0
    end: float = 0.0
    power: float = 1.0
    cycle: bool = False
    decay_from: DecayFrom = "warmup_end"

    def at(self, step: Any, ops: ModuleType | Any = np) -> Any:
        """Return the rate of a step: float64 with NumPy, float32 with `keras.ops`.

        Args:
            step: int or integer array, counted from 0.
            ops: the module to compute with, `numpy` or `keras.ops`. Defaults to `numpy`.
        """
        decay_start = 0 if self.decay_from == "start" else self.warmup_steps
        period = self.decay_steps - decay_start
        elapsed = step - decay_start
        if self.cycle:
            cycles = ops.maximum((elapsed + (period - 1)) // period, 1)
            whole = cycles * period
        else:
            whole = period
        # Counted in integers and divided last, so that steps near 10**8, which float32 does not
        # distinguish from the next, still have the right rate.
        left = whole - ops.minimum(elapsed, whole)
        decayed = (self.peak - self.end) * ops.power(ops.divide(left, whole), self.power) + self.end
        if self.warmup_steps == 0:
            return decayed
        if self.decay_from == "start":
            warming = self.peak * ops.divide(step, self.warmup_steps)
        else:
            warming = self.peak * ops.divide(step + 1, self.warmup_steps + 1)
        return ops.where(step < self.warmup_steps, warming, decayed)
