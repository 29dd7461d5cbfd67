"""The learning rate as a pure function of the step: written once, for NumPy and for Keras."""

from types import ModuleType
from typing import Any

import numpy as np

from kbert.choices import DecayFrom


def learning_rate_at(
    step: Any,
    *,
    peak: float,
    decay_steps: int,
    warmup_steps: int = 0,
    end: float = 0.0,
    power: float = 1.0,
    cycle: bool = False,
    decay_from: DecayFrom = "warmup_end",
    ops: ModuleType | Any = np,
) -> Any:
    """Return the learning rate of warmup followed by polynomial decay at integer steps.

    With W = warmup_steps and N = decay_steps:

        continuous:  step < W:  peak * (step + 1) / (W + 1)
                     else:      (peak - end) * ((N - min(step, N)) / (N - W)) ** power + end
        google:      step < W:  peak * step / W
                     else:      (peak - end) * ((N - min(step, N)) / N) ** power + end

    `continuous` has no jump at W and no step before N at which the rate is 0. `google` is what
    google-research/bert does: its decay counts from step 0, so the rate drops at W by the factor
    1 - W / N, and its first step trains with rate 0.

    The steps left are counted in integers and divided last, so that steps near 10**8, where
    float32 no longer tells a step from the next, still have the right rate.

    Args:
        step: int or integer array. Updates already made.
        peak: float. The rate at the end of warmup.
        decay_steps: int. N, the step at which `end` is reached, counted from step 0.
        warmup_steps: int. W, the steps of linear warmup. Defaults to 0.
        end: float. The rate from step N on. Defaults to 0.
        power: float. 1 is linear decay. Defaults to 1.
        cycle: bool. Whether to start a new, longer decay at N instead of staying at `end`, as
            `tf.train.polynomial_decay` does. Defaults to False.
        decay_from: "warmup_end" or "start": where the decay counts from. Defaults to "warmup_end".
        ops: the module to compute with, `numpy` or `keras.ops`.

    Returns:
        The rate, of the shape of `step`: float64 with NumPy, float32 with `keras.ops`.

    Source: `optimization.py` of google-research/bert; `tf.train.polynomial_decay`.
    """
    decay_start = 0 if decay_from == "start" else warmup_steps
    period = decay_steps - decay_start
    elapsed = step - decay_start
    if cycle:
        cycles = ops.maximum((elapsed + (period - 1)) // period, 1)
        whole = cycles * period
    else:
        whole = period
    left = whole - ops.minimum(elapsed, whole)
    decayed = (peak - end) * ops.power(ops.divide(left, whole), power) + end
    if warmup_steps == 0:
        return decayed
    if decay_from == "start":
        warming = peak * ops.divide(step, warmup_steps)
    else:
        warming = peak * ops.divide(step + 1, warmup_steps + 1)
    return ops.where(step < warmup_steps, warming, decayed)
