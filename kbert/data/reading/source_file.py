"""A file of several that are read as one set."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceFile:
    """A file of several that are read as one set.

    Args:
        name: str. Its path.
        before: int. How many rows the files before it have.
    """

    name: str
    before: int
