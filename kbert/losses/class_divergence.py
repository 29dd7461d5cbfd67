"""How far apart two predictions of the probability of each class are."""

from typing import Any

import keras


class ClassDivergence(keras.losses.Loss):
    """The mean of both Kullback-Leibler divergences between two arrays of class logits.

        p, q = softmax(y_true), softmax(y_pred)
        loss = (sum(p * log(p / q)) + sum(q * log(q / p))) / 2

    Args:
        reduction: str. As in `keras.losses.Loss`. Defaults to "sum_over_batch_size".
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        first, second = keras.ops.log_softmax(y_true), keras.ops.log_softmax(y_pred)
        difference = keras.ops.exp(first) - keras.ops.exp(second)
        return keras.ops.sum(difference * (first - second), axis=-1) / 2
