"""A number and its noun."""

from typing import Any

from kbert.findings.message import Message
from kbert.findings.words import words


class Count(Message):
    """A number and its noun, which is worded when it is shown.

    Args:
        one: str. The template for one, with `number` in braces.
        many: str. The template for another number.
        number: int.

    Example:

    ```python
    assert str(Count("{number:,} row", "{number:,} rows", 2000)) == "2,000 rows"
    ```
    """

    def __init__(self, one: str, many: str, number: int) -> None:
        super().__init__(one, number=number)
        self.many = many

    def __str__(self) -> str:
        number: Any = self.values["number"]
        return words().number(self.template, self.many, number).format(number=number)
