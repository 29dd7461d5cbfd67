"""How far apart two predictions of the probability of each of several labels are."""

from typing import Any

import keras


class LabelDivergence(keras.losses.Loss):
    """The mean of both Kullback-Leibler divergences between two arrays of label logits.

        p, q = sigmoid(y_true), sigmoid(y_pred)
        loss = mean(kl(p, q) + kl(q, p)) / 2, kl(p, q) = p * log(p / q) + (1-p) * log((1-p) / (1-q))

    Args:
        reduction: str. As in `keras.losses.Loss`. Defaults to "sum_over_batch_size".
    """

    def call(self, y_true: Any, y_pred: Any) -> Any:
        # The logit is log(p / (1 - p)), so that both divergences are one product.
        difference = keras.ops.sigmoid(y_true) - keras.ops.sigmoid(y_pred)
        return keras.ops.mean(difference * (y_true - y_pred), axis=-1) / 2
