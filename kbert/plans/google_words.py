"""How settings are written as flags of google-research/bert's `run_classifier.py`."""

from collections.abc import Mapping
from typing import Any

from kbert.choices import Severity
from kbert.findings import Call, Words, worded
from kbert.findings.words import words
from kbert.plans.google_flags import GOOGLE_FLAGS


class GoogleWords(Words):
    """Writes the script's flags; a setting that the script lacks is written as kbert's own.

    Example:

    ```python
    from kbert.findings import Cure, speaking

    with speaking(GoogleWords()):
        assert str(Cure({"epochs": 20})) == "--num_train_epochs=20"
    ```
    """

    def __init__(self) -> None:
        self._kbert = words()

    def option(self, name: str) -> str:
        if name in GOOGLE_FLAGS:
            return f"--{GOOGLE_FLAGS[name]}"
        return worded("kbert's {option}", option=self._kbert.option(name))

    def settings(self, settings: Mapping[str, Any]) -> str:
        known = [f"{self.option(n)}={settings[n]}" for n in settings if n in GOOGLE_FLAGS]
        others = {name: value for name, value in settings.items() if name not in GOOGLE_FLAGS}
        parts = [" ".join(known)] if known else []
        if others:
            parts.append(worded("kbert's {option}", option=self._kbert.settings(others)))
        return ", ".join(parts)

    def call(self, call: Call) -> str:
        return self._kbert.call(call)

    def severity(self, severity: Severity) -> str:
        return self._kbert.severity(severity)

    def text(self, template: str) -> str:
        return self._kbert.text(template)

    def number(self, one: str, many: str, number: int) -> str:
        return self._kbert.number(one, many, number)
