"""What is wrong with a value from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kbert.findings.cure import Cure
from kbert.findings.message import worded


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, a line or a value, and how to correct it.

    Args:
        template: str. The reason, with the names of its values in braces.
        cure: Cure. How to correct the row itself.
        values: dict. The values of `template`. Defaults to {}.
    """

    template: str
    cure: Cure
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return worded(self.template, **self.values)
