"""One of several files that are read as one set."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceFile:
    """One of several files that are read as one set.

    Args:
        name: str. Its path.
        before: int. The number of rows in the files before it.
    """

    name: str
    before: int
