"""Any loss of one-hot labels, for class numbers and logits."""

from typing import Any, get_args

import keras

from kbert.choices import ClassLossName
from kbert.errors import InputError
from kbert.findings import Joined, Option

_OTHERS: dict[str, type[keras.losses.Loss]] = {
    "categorical_hinge": keras.losses.CategoricalHinge,  # takes any scores
    "cosine_similarity": keras.losses.CosineSimilarity,
    "huber": keras.losses.Huber,
    "kl_divergence": keras.losses.KLDivergence,
    "log_cosh": keras.losses.LogCosh,
    "mean_absolute_error": keras.losses.MeanAbsoluteError,
    "mean_squared_error": keras.losses.MeanSquaredError,
    "poisson": keras.losses.Poisson,
}


@keras.saving.register_keras_serializable(package="kbert")
class ClassLoss(keras.losses.Loss):
    """A loss for class numbers and logits, computed by any Keras loss for one-hot labels.

        targets = (1 - label_smoothing) * one_hot(labels) + label_smoothing / classes
        loss    = fn(targets, logits)           # where fn takes logits, or is a hinge
        loss    = fn(targets, softmax(logits))  # where it takes probabilities

    Args:
        loss: str or keras.losses.Loss. "categorical_crossentropy", "focal", or the name of another
            Keras loss that compares two arrays [rows, classes] row by row, such as
            "categorical_hinge"; or such a loss. Defaults to "categorical_crossentropy".
        label_smoothing: float, from 0 to below 1. Defaults to 0.0.
        gamma: float, 0 or more. The focus of "focal": 0 is cross-entropy. Defaults to 2.0.
        reduction: str. As in `keras.losses.Loss`. Defaults to "sum_over_batch_size".

    Raises:
        InputError: an unknown loss, or a number out of range.

    Source: focal loss, arXiv 1708.02002; label smoothing, arXiv 1512.00567.

    Example:

    ```python
    loss = ClassLoss("focal", label_smoothing=0.1)
    model.compile(optimizer="adam", loss=loss)
    ```
    """

    def __init__(
        self,
        loss: str | keras.losses.Loss = "categorical_crossentropy",
        label_smoothing: float = 0.0,
        gamma: float = 2.0,
        reduction: str = "sum_over_batch_size",
        name: str = "class_loss",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        if not 0 <= label_smoothing < 1:
            raise InputError(
                "{option} must be from 0 to below 1. Received: {value}",
                option=Option("label_smoothing"),
                value=label_smoothing,
            )
        if not 0 <= gamma < float("inf"):
            raise InputError(
                "{option} must be 0 or more. Received: {value}", option=Option("gamma"), value=gamma
            )
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.gamma = gamma
        self._fn = _named_loss(loss, gamma) if isinstance(loss, str) else loss
        takes_logits = getattr(self._fn, "from_logits", False)
        self._takes_logits = takes_logits or isinstance(self._fn, keras.losses.CategoricalHinge)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        classes = y_pred.shape[-1]
        if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
            y_true = keras.ops.squeeze(y_true, -1)
        targets = keras.ops.one_hot(keras.ops.cast(y_true, "int32"), classes, dtype=y_pred.dtype)
        targets = (1 - self.label_smoothing) * targets + self.label_smoothing / classes
        outputs = y_pred if self._takes_logits else keras.ops.softmax(y_pred)
        return self._fn.call(targets, outputs)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain data."""
        loss = self.loss if isinstance(self.loss, str) else keras.losses.serialize(self.loss)
        own = {"loss": loss, "label_smoothing": self.label_smoothing, "gamma": self.gamma}
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "ClassLoss":
        """Return the loss that `get_config` described."""
        loss = config["loss"]
        if not isinstance(loss, str):
            loss = keras.losses.deserialize(loss)
        return cls(**{**config, "loss": loss})


def _named_loss(name: str, gamma: float) -> keras.losses.Loss:
    """Return the Keras loss of this name, for logits if it can take them."""
    if name not in get_args(ClassLossName):
        raise InputError(
            "{option} must be one of {choices}. Received: {name!r:.80}",
            option=Option("loss"),
            choices=Joined(get_args(ClassLossName)),
            name=name,
        )
    if name == "focal":
        # Keras multiplies by an alpha, which would only scale the gradient.
        return keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, from_logits=True)
    if name == "categorical_crossentropy":
        return keras.losses.CategoricalCrossentropy(from_logits=True)
    if name == "binary_crossentropy":
        return keras.losses.BinaryCrossentropy(from_logits=True)
    return _OTHERS[name]()
