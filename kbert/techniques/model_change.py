"""Techniques that change a model before it is compiled."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.techniques.technique import Technique


class ModelChange(Technique):
    """A technique that changes a classifier: call it with the model before `compile`.

    Attributes:
        changes_values: bool. Whether it changes the values of weights. A resumed run has the
            changed values in its checkpoint; its baselines need the pretrained ones instead.
    """

    changes_values: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, model: Any) -> Any:
        """Change a classifier in place, and return it.

        Args:
            model: BertClassifier.

        Raises:
            InputError: the model does not have what is to be changed.
        """

    def check_model(self, model: Any) -> None:
        """Raise InputError if a classifier cannot be changed this way, with code as the cure."""
        try:
            self.check_sizes(sizes_of(model.backbone))
        except InputError as error:
            if error.cure is not None:
                fields = {self.settings[name]: value for name, value in error.cure.settings.items()}
                values = ", ".join(f"{name}={value!r}" for name, value in fields.items())
                error.cure = Cure(code=f"kbert.{type(self).__name__}({values})")
            raise

    def check_without_lora(self, model: Any) -> None:
        """Raise InputError if a classifier has LoRA, which trains what it has chosen itself."""
        from kbert.backend.lora_internals import lora_parts

        if next(lora_parts(model.backbone), None) is not None:
            raise InputError(
                "The model has LoRA, which alone decides what is trained: {change} cannot be "
                "combined with it.",
                change=type(self).__name__,
                cure=Cure(
                    note="save the model by save_to, which merges LoRA, and change what "
                    "BertClassifier.load returns"
                ),
            )

    def check_sizes(self, sizes: Mapping[str, Any]) -> None:
        """Raise InputError if an encoder cannot be changed this way.

        Args:
            sizes: dict. Its `num_layers`, `num_heads` and `hidden_dim`.
        """
        return None


def sizes_of(backbone: Any) -> dict[str, int]:
    """Return the sizes of a backbone that `check_sizes` takes."""
    return {name: getattr(backbone, name) for name in ("num_layers", "num_heads", "hidden_dim")}
