"""What a model's outputs and labels mean, by the loss that it is compiled with."""

from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from kbert.backend.metric_internals import loss_function
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.losses import ClassLoss
from kbert.models.class_numbers import class_numbers, classes_of_one_hot
from kbert.utils.wording import count_noun

Form = Literal["ids", "one-hot", "binary"]

_FORMS: dict[Any, Form] = {
    keras.losses.sparse_categorical_crossentropy: "ids",
    keras.losses.categorical_crossentropy: "one-hot",
    keras.losses.binary_crossentropy: "binary",
}
_SCORED = (
    "Scores need one output [rows, classes], and the loss sparse_categorical_crossentropy, "
    "categorical_crossentropy or binary_crossentropy."
)
_KERAS_OWN = Cure(note="pass validation_data to fit, which evaluates with any loss")


@dataclass(frozen=True)
class OutputKind:
    """What a model's outputs and labels mean.

    Args:
        form: "ids" (a number per row), "one-hot" (a column per class) or "binary" (one output, and
            labels 0 and 1). The form of the labels that the loss takes.
        classes: int.
        from_logits: bool. Whether the outputs are logits; else they are probabilities.
        ignored: int or None. The label whose rows the loss leaves out. Defaults to None.
    """

    form: Form
    classes: int
    from_logits: bool
    ignored: int | None = None

    @classmethod
    def from_model(cls, model: keras.Model, outputs: Any, labels: np.ndarray) -> "OutputKind":
        """Return the kind of a compiled model.

        Args:
            model: keras.Model.
            outputs: its outputs, as arrays or KerasTensors, in the model's structure.
            labels: array. Their shape decides which loss Keras uses for "crossentropy".

        Raises:
            InputError: there is not one output [rows, classes], or the loss is not supported.
        """
        width = _width(outputs)
        loss = _only_loss(model)
        if isinstance(loss, ClassLoss):
            return cls("ids", width, from_logits=True)
        function, settings = loss_function(loss)
        if str(loss).lower() in ("crossentropy", "ce"):  # as Keras's `get_loss` reads them
            one_per_row = labels.ndim == 1 or labels.shape[-1] == 1
            several: Form = "ids" if one_per_row else "one-hot"
            return cls("binary" if width == 1 else several, max(width, 2), from_logits=False)
        given = loss if isinstance(loss, str) else getattr(loss, "__name__", None)
        name = given or getattr(loss, "name", None) or type(loss).__name__
        if function not in _FORMS:
            raise InputError(
                "The model is compiled with the loss {name}. " + _SCORED, name=name, cure=_KERAS_OWN
            )
        if (width == 1 and _FORMS[function] != "binary") or settings.get("axis", -1) not in (-1, 1):
            raise InputError(
                "The loss {name} is compiled for an output of {width} with the axis {axis}. "
                + _SCORED,
                name=name,
                width=count_noun(width, "column"),
                axis=settings.get("axis", -1),
                cure=_KERAS_OWN,
            )
        return cls(
            form=_FORMS[function] if width == 1 or _FORMS[function] == "ids" else "one-hot",
            classes=max(width, 2),
            from_logits=bool(settings.get("from_logits", False)),
            ignored=settings.get("ignore_class"),
        )

    def label_ids(self, name: str, labels: np.ndarray) -> np.ndarray:
        """Return the class numbers of labels.

        Args:
            name: str. The name of their set, for messages.
            labels: array [rows], [rows, 1] or, one-hot, [rows, classes].

        Raises:
            InputError: labels of another shape or kind, or not of one class per row.
        """
        if self.form == "one-hot":
            return classes_of_one_hot(name, labels, self.classes)
        return class_numbers(name, labels, self.classes, self.ignored)

    def targets(self, label_ids: np.ndarray) -> np.ndarray:
        """Return class numbers in the form that the loss takes."""
        if self.form == "one-hot":
            return np.eye(self.classes, dtype=np.float32)[label_ids]
        return label_ids[:, None].astype(np.float32) if self.form == "binary" else label_ids

    def predicted(self, outputs: np.ndarray, threshold: float | None = None) -> np.ndarray:
        """Return the class numbers that outputs predict.

        Args:
            outputs: array [rows, columns].
            threshold: float or None. A single output above it is class 1. Defaults to None: the
                output at which that class has half of the probability.
        """
        if self.form != "binary":
            return outputs.argmax(axis=1)
        if threshold is None:
            threshold = 0.0 if self.from_logits else 0.5
        return (outputs[:, 0] > threshold).astype(np.int64)


def _width(outputs: Any) -> int:
    """Return the number of columns of the only output."""
    flat = keras.tree.flatten(outputs)
    if len(flat) != 1:
        raise InputError(
            "The model has {outputs} outputs. " + _SCORED, outputs=len(flat), cure=_KERAS_OWN
        )
    shape = tuple(flat[0].shape)
    if len(shape) != 2 or shape[1] is None:
        raise InputError(
            "The model's output has the shape {shape}. " + _SCORED,
            shape=["rows", *shape[1:]],
            cure=_KERAS_OWN,
        )
    return int(shape[1])


def _only_loss(model: keras.Model) -> Any:
    losses = [loss for loss in keras.tree.flatten(model.loss) if loss is not None]
    if len(losses) != 1:
        raise InputError(
            "The model is compiled with {losses} losses. " + _SCORED,
            losses=len(losses),
            cure=_KERAS_OWN,
        )
    return losses[0]
