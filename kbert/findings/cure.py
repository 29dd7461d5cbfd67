"""What to do about a finding or an error."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kbert.findings.message import worded
from kbert.findings.words import Call, words


@dataclass(frozen=True)
class Cure:
    """What to do about a finding, as settings that every surface can write in its own words.

    It reads "SETTINGS, NOTE". If there are no settings, a call or code takes their place.

    Args:
        settings: dict. The settings to change, by the names of their arguments. Defaults to {}.
        note: str. A template: a remark on the settings, or a cure without settings.
        call: Call or None. What to run. Defaults to None.
        code: str. Python code, where only code can cure it, as in `model.fit`. Defaults to "".
        values: dict. The values of `note`. Defaults to {}.
        otherwise: tuple of Cure. Alternatives to this cure. Defaults to ().

    Example:

    ```python
    cure = Cure({"batch_size": 8, "epochs": 20}, otherwise=(Cure(note="add rows"),))
    assert str(cure) == "batch_size=8, epochs=20, or add rows"
    ```
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    call: Call | None = None
    code: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    otherwise: tuple["Cure", ...] = ()

    def __str__(self) -> str:
        parts = [words().settings(self.settings)] if self.settings else []
        parts += [str(self.call)] if self.call is not None else []
        parts += [self.code] if self.code else []
        parts += [worded(self.note, **self.values)] if self.note else []
        return worded(", or ").join([worded(", ").join(parts), *map(str, self.otherwise)])
