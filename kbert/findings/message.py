"""A text that is worded by the surface that shows it."""

from collections.abc import Iterable
from typing import Any

from kbert.findings.words import in_english, words


class Message(str):
    """A text in English that is put into the words and the language of the surface when shown.

    It is shown by `str`, `format` and `print`. Everything else, such as `json.dumps`, a comparison
    or a method of str, uses the English text.

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

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> "Message":
        with in_english():
            message = super().__new__(cls, template.format(**values))
        message.template = template
        message.values = values
        return message

    def __str__(self) -> str:
        return words().text(self.template).format(**self.values)

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.template,), self.values


Text = str | Message
"""A text, or a message that becomes one where it is shown."""


# The separators between the parts of a list, in the language of the surface.
_SEPARATORS = {
    ", ": Message("{one}, {other}", one="", other=""),
    "; ": Message("{one}; {other}", one="", other=""),
}


class Joined(Message):
    """A list of names or messages, with the separator of the language of the surface.

    Args:
        parts: iterable of str and Message.
        separator: str. A comma or a semicolon followed by a space, or a separator that is already
            in the language of the surface. Defaults to a comma and a space.

    Example:

    ```python
    assert str(Joined(["a", Message("b")])) == "a, b"
    ```
    """

    parts: tuple[str, ...]

    def __new__(cls, parts: Iterable[str], separator: str = ", ") -> "Joined":
        parts = tuple(parts)
        message = str.__new__(cls, separator.join(parts))
        message.template, message.values = separator, {}
        message.parts = parts
        return message

    def __str__(self) -> str:
        separator = str(_SEPARATORS.get(self.template, self.template))
        return separator.join(map(str, self.parts))

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.parts, self.template), {}


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
