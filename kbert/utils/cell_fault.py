"""A cell of a sheet that has no value of its own."""

from dataclasses import dataclass
from typing import Literal

from kbert.findings import Message

FaultKind = Literal["formula", "merged", "error"]
_NAMES = {
    "formula": Message("a formula without a stored value"),
    "merged": Message("a merged cell without a value of its own"),
    "error": Message("a spreadsheet error"),
}


@dataclass(frozen=True)
class CellFault:
    """A cell of a sheet that has no value of its own.

    Args:
        kind: "formula" (its value is not stored), "merged" (the value is in another cell) or
            "error" (such as #N/A).
        shown: str. The formula, where the value is, or the error.

    Example:

    ```python
    assert str(CellFault("error", "#N/A")) == "#N/A"
    ```
    """

    kind: FaultKind
    shown: str

    @property
    def name(self) -> Message:
        """The kind of fault, with an article."""
        return _NAMES[self.kind]

    def __str__(self) -> str:
        return "" if self.kind == "merged" else self.shown
