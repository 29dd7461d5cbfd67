"""A text that the surface words."""

from collections.abc import Iterable
from typing import Any

from kbert.findings.words import words


class Message:
    """A template and its values, put into the words and the language of the surface when shown.

    Args:
        template: str. In English, with the names of its values in braces.
        **values: the values; messages among them are worded too.

    Example:

    ```python
    reason = Message("it has {rows:,} rows", rows=2000)
    assert str(Message("{file} is left out: {reason}.", file="a.csv", reason=reason)) == (
        "a.csv is left out: it has 2,000 rows."
    )
    ```
    """

    def __init__(self, template: str, /, **values: Any) -> None:
        self.template = template
        self.values = values

    def __str__(self) -> str:
        return words().text(self.template).format(**self.values)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return repr(str(self))


Text = str | Message
"""A text, or a message that becomes one where it is shown."""


class Joined(Message):
    """Messages with a separator between them.

    Args:
        parts: iterable of str and Message.
        separator: str. Defaults to a comma and a blank.

    Example:

    ```python
    assert str(Joined(["a", Message("b")])) == "a, b"
    ```
    """

    def __init__(self, parts: Iterable["str | Message"], separator: str = ", ") -> None:
        super().__init__(separator)
        self.parts = tuple(parts)

    def __str__(self) -> str:
        return self.template.join(map(str, self.parts))


def worded(template: str, /, **values: Any) -> str:
    """Return a template with its values, in the words and the language of the surface.

    Args:
        template: str. In English, with the names of its values in braces.
        **values: the values.

    Example:

    ```python
    assert worded("Wrote {path}.", path="a.csv") == "Wrote a.csv."
    ```
    """
    return str(Message(template, **values))
