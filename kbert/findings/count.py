"""A number and its noun."""

from typing import Any

from kbert.findings.message import Message
from kbert.findings.words import words


class Count(Message):
    """A number and its noun, which is worded when it is shown.

    Args:
        one: str. The template for one, with `number` in braces.
        many: str. The template for any other number.
        number: int.

    Example:

    ```python
    assert str(Count("{number:,} row", "{number:,} rows", 2000)) == "2,000 rows"
    ```
    """

    many: str

    def __new__(cls, one: str, many: str, number: int) -> "Count":
        english = (one if number == 1 else many).format(number=number)
        message = str.__new__(cls, english)
        message.template, message.values = one, {"number": number}
        message.many = many
        return message

    def __str__(self) -> str:
        number: Any = self.values["number"]
        return words().number(self.template, self.many, number).format(number=number)

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return (self.template, self.many, self.values["number"]), {}
