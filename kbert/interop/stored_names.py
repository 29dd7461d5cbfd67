"""The names of a model's weights in a file, grouped by what they belong to."""

from dataclasses import dataclass
from typing import ClassVar

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class StoredNames:
    """The names of a model's weights in a file, grouped by what they belong to.

    Args:
        encoder: dict. The encoder's weights: their names in the file, by their names in the format.
        head: dict. The same for the classification head.
        pretraining: tuple of str. The heads of pretraining.
        other: tuple of str. Everything else, such as other heads.
    """

    pooler: ClassVar[str]
    """The prefix of a pooler's names in the format."""

    encoder: dict[str, str]
    head: dict[str, str]
    pretraining: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def has_pooler(self) -> bool:
        """Whether the encoder has a pooler; True without an encoder, which is then the error."""
        return not self.encoder or any(name.startswith(self.pooler) for name in self.encoder)

    def taken(self, *, head: bool) -> dict[str, str]:
        """Return the names in the file of what is read, by the names in the format.

        Args:
            head: bool. Whether the head is read. If so, `other` is included as well; it must be
                empty then.
        """
        return self.encoder | (self.head | {name: name for name in self.other} if head else {})

    def left(self, *, head: bool) -> tuple[str, ...]:
        """Return the names of the heads that are not read."""
        return () if head else (*self.head.values(), *self.other)
