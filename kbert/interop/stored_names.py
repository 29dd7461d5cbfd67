"""The names of a model's weights in a file, by what they belong to."""

from dataclasses import dataclass
from typing import ClassVar

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class StoredNames:
    """The names of a model's weights in a file, by what they belong to.

    Args:
        encoder: dict. The file's names of the encoder's weights, by those of the format.
        head: dict. Those of the classification head, likewise.
        pretraining: tuple of str. The heads of pretraining.
        other: tuple of str. Everything else, such as other heads.
    """

    pooler: ClassVar[str]
    """What the names of a pooler begin with in the format."""

    encoder: dict[str, str]
    head: dict[str, str]
    pretraining: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def has_pooler(self) -> bool:
        """Whether the encoder has a pooler; without an encoder, that is what is wrong."""
        return not self.encoder or any(name.startswith(self.pooler) for name in self.encoder)

    def taken(self, *, head: bool) -> dict[str, str]:
        """Return the file's names of what is read, by those of the format.

        Args:
            head: bool. Whether the head is read; what is neither of it nor of the encoder must not
                be there then.
        """
        return self.encoder | (self.head | {name: name for name in self.other} if head else {})

    def left(self, *, head: bool) -> tuple[str, ...]:
        """Return the names of the heads that are not read."""
        return () if head else (*self.head.values(), *self.other)
