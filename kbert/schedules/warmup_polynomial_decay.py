"""Linear warmup, then polynomial decay."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from kbert.choices import DecayFrom
from kbert.plans.learning_rate import LearningRate


class _NumpyFloat32:
    """The NumPy functions of the formula, dividing as the backends do."""

    minimum, maximum, where, power = np.minimum, np.maximum, np.where, np.power
    divide = partial(np.divide, dtype=np.float32)


@keras.saving.register_keras_serializable(package="kbert")
class WarmupPolynomialDecay(keras.optimizers.schedules.LearningRateSchedule):
    """A `LearningRateSchedule` of linear warmup followed by polynomial decay.

    With W = warmup_steps and N = decay_steps, the rate of update `step` (counted from 0) is

        warmup_end:  step < W:  peak * (step + 1) / (W + 1)
                     else:      (peak - end) * ((N - min(step, N)) / (N - W)) ** power + end
        start:       step < W:  peak * step / W
                     else:      (peak - end) * ((N - min(step, N)) / N) ** power + end

    for the two values of `decay_from`. If the decay counts from the end of warmup, there is no jump
    and no update before N with rate 0. If it counts from the start, as in google-research/bert, the
    rate drops at W by the factor 1 - W / N, and update 0 has rate 0.

    Args:
        peak_learning_rate: float. The rate at the end of warmup.
        decay_steps: int. N, the update at which the end rate is reached, counted from update 0.
        warmup_steps: int. W, the updates of warmup. Defaults to 0.
        end_learning_rate: float. The rate from N on. Defaults to 0.
        power: float. The power of the decay; 1 is linear. Defaults to 1.
        cycle: bool. Start a new, longer decay at N instead of staying at the end rate, as
            `tf.train.polynomial_decay` does. Defaults to False.
        decay_from: "warmup_end" or "start": where the decay counts from. Defaults to "warmup_end".
        steps_per_update: int. The optimizer's `gradient_accumulation_steps`: Keras gives a
            schedule the number of batches, which this turns into updates. Defaults to 1.

    Raises:
        ValueError: an argument is out of range.

    Source: `create_optimizer` in `optimization.py` of google-research/bert.

    Example:

    ```python
    schedule = WarmupPolynomialDecay(5e-5, decay_steps=1000, warmup_steps=100)
    optimizer = keras.optimizers.AdamW(schedule)
    assert schedule.simulate(1000).argmax() == 100
    ```
    """

    def __init__(
        self,
        peak_learning_rate: float,
        decay_steps: int,
        warmup_steps: int = 0,
        end_learning_rate: float = 0.0,
        power: float = 1.0,
        cycle: bool = False,
        decay_from: DecayFrom = "warmup_end",
        steps_per_update: int = 1,
    ) -> None:
        super().__init__()
        if not peak_learning_rate > 0:
            raise ValueError(
                "`peak_learning_rate` must be above 0. "
                f"Received: peak_learning_rate={peak_learning_rate}"
            )
        if not 0 <= end_learning_rate <= peak_learning_rate:
            raise ValueError(
                "`end_learning_rate` must lie between 0 and `peak_learning_rate`. "
                f"Received: end_learning_rate={end_learning_rate}"
            )
        if decay_steps != int(decay_steps) or decay_steps < 1:
            raise ValueError(
                "`decay_steps` must be a whole number, 1 or more. "
                f"Received: decay_steps={decay_steps}"
            )
        if warmup_steps != int(warmup_steps) or not 0 <= warmup_steps < decay_steps:
            raise ValueError(
                "`warmup_steps` must be a whole number from 0 to below `decay_steps`, which "
                f"counts from step 0. Received: warmup_steps={warmup_steps}, "
                f"decay_steps={decay_steps}"
            )
        if not power > 0:
            raise ValueError(f"`power` must be above 0. Received: power={power}")
        if decay_from not in ("warmup_end", "start"):
            raise ValueError(
                f'`decay_from` must be "warmup_end" or "start". Received: decay_from={decay_from!r}'
            )
        if steps_per_update != int(steps_per_update) or steps_per_update < 1:
            raise ValueError(
                "`steps_per_update` must be a whole number, 1 or more. "
                f"Received: steps_per_update={steps_per_update}"
            )
        self.peak_learning_rate = float(peak_learning_rate)
        self.decay_steps = int(decay_steps)
        self.warmup_steps = int(warmup_steps)
        self.end_learning_rate = float(end_learning_rate)
        self.power = float(power)
        self.cycle = bool(cycle)
        self.decay_from = decay_from
        self.steps_per_update = int(steps_per_update)

    def __call__(self, step: Any) -> Any:
        """Return the rate of `step`, a scalar tensor, as float32."""
        return self._rate_at(ops.cast(step, "int32"), ops)

    def simulate(self, steps: Any) -> np.ndarray:
        """Return the rates that an optimizer uses, as a NumPy array of float32.

        Args:
            steps: int, for the steps 0 to steps - 1, or an array of steps.
        """
        steps = np.arange(steps) if np.ndim(steps) == 0 else np.asarray(steps)
        return self._rate_at(steps.astype("int64"), _NumpyFloat32)

    def _rate_at(self, step: Any, numeric: Any) -> Any:
        if self.steps_per_update > 1:
            step = step // self.steps_per_update
        rate = LearningRate(
            peak=self.peak_learning_rate,
            decay_steps=self.decay_steps,
            warmup_steps=self.warmup_steps,
            end=self.end_learning_rate,
            power=self.power,
            cycle=self.cycle,
            decay_from=self.decay_from,
        )
        return rate.at(step, numeric)

    def get_config(self) -> dict[str, Any]:
        return {
            "peak_learning_rate": self.peak_learning_rate,
            "decay_steps": self.decay_steps,
            "warmup_steps": self.warmup_steps,
            "end_learning_rate": self.end_learning_rate,
            "power": self.power,
            "cycle": self.cycle,
            "decay_from": self.decay_from,
            "steps_per_update": self.steps_per_update,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "WarmupPolynomialDecay":
        return cls(**_as_of_now(config))


def _as_of_now(config: dict[str, Any]) -> dict[str, Any]:
    """Return a config with today's names; kbert 0.1 wrote `boundary`, and `name`."""
    config = {key: value for key, value in config.items() if key != "name"}
    if "boundary" in config:
        decay_from = {"continuous": "warmup_end", "google": "start"}
        config["decay_from"] = decay_from[config.pop("boundary")]
    return config
