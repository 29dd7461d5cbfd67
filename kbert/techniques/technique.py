"""What all techniques have in common."""

from abc import ABC, abstractmethod
from dataclasses import asdict, fields
from typing import Any, ClassVar, Self

from kbert.config.technique_options import TechniqueOptions


class Technique(ABC):
    """A way to fine-tune, as a value: a frozen dataclass whose fields are its settings.

    Its subclass determines where it takes effect: `ModelChange` on the model, `RateFactor` on the
    learning rates, `Objective` on the loss.

    Attributes:
        name: str. Its name in a file.
        settings: dict. The field for each setting of `TechniqueOptions` that asks for it.
        needs_pretrained: bool. Whether it makes sense only with pretrained weights.
    """

    name: ClassVar[str]
    settings: ClassVar[dict[str, str]]
    needs_pretrained: ClassVar[bool] = False

    @classmethod
    def asked_by(cls, options: TechniqueOptions) -> Self | None:
        """Return the technique with the settings of a run; None if they do not ask for it."""
        values = {field: getattr(options, setting) for setting, field in cls.settings.items()}
        defaults = [getattr(TechniqueOptions, setting) for setting in cls.settings]
        return None if [*values.values()] == defaults else cls(**values)

    @abstractmethod
    def told(self) -> str:
        """Return the line about it in a plan."""

    def to_dict(self) -> dict[str, Any]:
        """Return the technique as plain data, which `technique_from` takes."""
        return {"technique": self.name, **asdict(self)}  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the technique that `to_dict` described."""
        names = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        return cls(**{name: value for name, value in data.items() if name in names})
