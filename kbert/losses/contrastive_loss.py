"""How far rows of one class are from each other, compared with rows of other classes."""

from typing import Any

import keras


class ContrastiveLoss(keras.losses.Loss):
    """The supervised contrastive loss of class numbers and features.

        z       = y_pred / norm(y_pred)                            # each row of features
        p[i, j] = exp(z[i] @ z[j] / temperature) / sum(exp(z[i] @ z[k] / temperature), k != i)
        loss[i] = mean(-log(p[i, j]))                              # over the others of i's class

    A row that is alone in its class in the batch has a loss of 0. A class below 0 marks a row that
    does not exist.

    Args:
        temperature: float, above 0.
        reduction: str. As in `keras.losses.Loss`. Defaults to "sum_over_batch_size".

    Source: arXiv 2004.11362, equation 2, and arXiv 2011.01403, equation 3.
    """

    def __init__(self, temperature: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.temperature = temperature

    def call(self, y_true: Any, y_pred: Any) -> Any:
        ops = keras.ops
        features = ops.normalize(ops.cast(y_pred, "float32"), axis=-1, order=2)
        classes = ops.reshape(y_true, (-1, 1))
        rows = ops.arange(ops.shape(classes)[0])
        others = ops.logical_and(rows[:, None] != rows[None], ops.transpose(classes) >= 0)
        alike = ops.cast(ops.logical_and(others, classes == ops.transpose(classes)), features.dtype)
        scores = ops.matmul(features, ops.transpose(features)) / self.temperature
        total = ops.logsumexp(ops.where(others, scores, -1e9), axis=1, keepdims=True)
        count = ops.sum(alike, axis=1)
        return ops.sum(alike * (total - scores), axis=1) / ops.maximum(count, 1.0)
