"""The loss for several labels, some of which count more in rows that have them."""

from collections.abc import Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="kbert")
class LabelLoss(keras.losses.Loss):
    """Binary cross-entropy of logits, with a weight for each label that a row has.

        p    = sigmoid(y_pred)
        loss = -mean(weight * y_true * log(p) + (1 - y_true) * log(1 - p))

    A rare label with weight 1 is seldom predicted. With a greater weight it is predicted, at the
    cost of rows that do not have it.

    Args:
        weights: sequence of float, 0 or more, one per label.
        label_smoothing: float, from 0 to below 1. With s, y_true becomes
            `(1 - s) * y_true + s / 2`. Defaults to 0.0.
        reduction: str. As in `keras.losses.Loss`. Defaults to "sum_over_batch_size".

    Source: `pos_weight` of torch's `BCEWithLogitsLoss`.

    Example:

    ```python
    loss = LabelLoss([3.0, 1.0])
    # At logits of 0 each label's loss is log(2), three times so of the first.
    assert abs(float(loss([[1, 1]], [[0.0, 0.0]])) - 2 * 0.693147) < 1e-5
    ```
    """

    def __init__(
        self,
        weights: Sequence[float],
        label_smoothing: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "label_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.weights = [float(weight) for weight in weights]
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        true = keras.ops.cast(y_true, y_pred.dtype)
        true = (1 - self.label_smoothing) * true + self.label_smoothing / 2
        weights = keras.ops.convert_to_tensor(self.weights, y_pred.dtype)
        has = weights * true * keras.ops.softplus(-y_pred)
        return keras.ops.mean(has + (1 - true) * keras.ops.softplus(y_pred), axis=-1)

    def get_config(self) -> dict[str, Any]:
        own = {"weights": self.weights, "label_smoothing": self.label_smoothing}
        return {**super().get_config(), **own}
