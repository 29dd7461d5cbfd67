"""The squared error of numbers that have their own units."""

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kbert")
class StandardizedError(keras.losses.Loss):
    """The squared error of numbers, each divided by the scale of its column.

        loss = mean(((y_true - y_pred) / scale) ** 2)

    With the standard deviations of the training rows as the scale, a model that predicts their
    means has a loss of 1, whatever the unit.

    Args:
        scale: sequence of float, one per column, or None. Defaults to None: 1.
        reduction: str. As in `keras.losses.Loss`. Defaults to "sum_over_batch_size".

    Example:

    ```python
    loss = StandardizedError([10.0])
    assert float(loss([[30.0]], [[50.0]])) == 4.0
    ```
    """

    def __init__(
        self,
        scale: Sequence[float] | None = None,
        reduction: str = "sum_over_batch_size",
        name: str = "standardized_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.scale = None if scale is None else [float(number) for number in scale]

    def call(self, y_true: Any, y_pred: Any) -> Any:
        error = keras.ops.cast(y_true, y_pred.dtype) - y_pred
        if self.scale is not None:
            error = error / keras.ops.convert_to_tensor(self.scale, y_pred.dtype)
        return keras.ops.mean(keras.ops.square(error), axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "scale": self.scale}
