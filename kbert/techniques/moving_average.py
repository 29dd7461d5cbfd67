"""A moving average of the weights, which is evaluated and kept in their place."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.techniques.technique import Technique

_WARMUP = 9


@dataclass(frozen=True)
class MovingAverage(Technique):
    """Train the weights, but evaluate and keep their exponential moving average.

        average = m * average + (1 - m) * weights         after each update
        m = min(momentum, t / (t + 9))                    t: the updates before this one

    With a constant momentum of 0.999, the weights after the first update would still be 86% of the
    average after 150 updates. Here they weigh nothing by then. The average is over about the last
    tenth of the updates, until `momentum` is reached after `9 * momentum / (1 - momentum)` updates;
    from then on, it is over about the last `1 / (1 - momentum)` updates.

    It is `use_ema` of Keras's optimizers, but with this `m`, and once per update even if gradients
    are accumulated. `EpochEvaluation` scores and keeps the averages, and `fit` ends with them. For
    Keras's own `validation_data`, pass `keras.callbacks.SwapEMAWeights()`.

    Args:
        momentum: float, above 0 and below 1.

    Raises:
        InputError: `momentum` is out of range.

    Source: "Acceleration of Stochastic Approximation by Averaging", Polyak and Juditsky, 1992; the
        warmup is that of TensorFlow's `ExponentialMovingAverage(num_updates=...)`.

    Example:

    ```python
    model.compile(optimizer=create_optimizer(plan, moving_average=MovingAverage(0.999)))
    ```
    """

    momentum: float

    name: ClassVar[str] = "moving_average"
    settings: ClassVar[dict[str, str]] = {"moving_average": "momentum"}

    def __post_init__(self) -> None:
        if not 0 < self.momentum < 1:
            raise InputError(
                "{option} must be above 0 and below 1. Received: {momentum}",
                option=Option("moving_average"),
                momentum=self.momentum,
            )

    def settings_of_optimizer(self) -> dict[str, Any]:
        """Return the arguments with which a Keras optimizer averages the weights."""
        return {"use_ema": True, "ema_momentum": self.momentum}

    def told(self) -> str:
        return worded(
            "evaluated and kept: the moving average of the weights, with a momentum of up to "
            "{momentum:g}",
            momentum=self.momentum,
        )


def momentum_at(update: Any, momentum: float) -> Any:
    """Return the momentum of the average in an update, given the number of updates before it.

    Args:
        update: float tensor.
        momentum: float. The maximum.
    """
    from keras import ops

    return ops.clip(update / (update + _WARMUP), 0.0, momentum)
