"""What kbert finds, for people and for programs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kbert.choices import Severity
from kbert.display import cells, wrapped
from kbert.findings.codes import CODES
from kbert.findings.cure import Cure
from kbert.findings.message import Message, worded
from kbert.findings.stored import stored
from kbert.findings.words import in_english, words

_WIDTH = 100
_ORDER: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True)
class Finding:
    """Something about a run that its user should know before it is too late.

    Args:
        code: str. One of `kbert.findings.CODES`; docs/findings.md explains each.
        severity: "error" (the run is refused), "warning" or "info".
        template: str. One sentence, with names in braces for the numbers of this case.
        cure: Cure.
        values: dict. The values of `template`. Defaults to {}.
        allowed: bool. Whether it is an error that the user allows, and therefore a warning.
            Defaults to False.

    Example:

    ```python
    finding = Finding(
        "too-few-updates",
        "warning",
        "The run performs {updates} updates.",
        Cure({"epochs": 20}),
        {"updates": 6},
    )
    assert str(finding) == (
        "WARNING too-few-updates: The run performs 6 updates. Cure: epochs=20"
    )
    ```
    """

    code: str
    severity: Severity
    template: str
    cure: Cure
    values: Mapping[str, Any] = field(default_factory=dict)
    allowed: bool = False

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"`code` must be one of {', '.join(CODES)}. Received: {self.code!r}")

    @property
    def message(self) -> str:
        """The sentence, in the words of the surface."""
        return worded(self.template, **self.values)

    @property
    def told(self) -> str:
        """The sentence and the cure, in the words of the surface."""
        return worded("{message} Cure: {cure}", message=self.message, cure=self.cure)

    @property
    def name(self) -> str:
        """The code, marked as allowed if it is."""
        return worded("{code} (allowed)", code=self.code) if self.allowed else self.code

    def __str__(self) -> str:
        severity = words().severity(self.severity)
        return worded(
            "{severity} {code}: {finding}", severity=severity, code=self.name, finding=self.told
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as plain data, in the words of the surface and in English."""
        with in_english():
            return {
                "code": self.code,
                "severity": self.severity,
                "allowed": self.allowed,
                "message": self.message,
                "cure": str(self.cure),
                "settings": dict(self.cure.settings),
            }

    def to_record(self) -> dict[str, Any]:
        """Return the finding as `to_dict` does, plus what is needed to word it in other languages.

        That is plain data under "stored": the sentence under "message" and the cure under "cure",
        each only if it can be worded again.
        """
        sentence = stored(Message(self.template, **self.values))
        parts = {"message": sentence, "cure": stored(self.cure)}
        return {
            **self.to_dict(),
            "stored": {name: data for name, data in parts.items() if data is not None},
        }


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, errors first."""
    return sorted(findings, key=lambda finding: _ORDER.index(finding.severity))


def findings_table(findings: Iterable[Finding], indent: str = "  ") -> str:
    """Return findings as text for people: severity and code, then the sentence and the cure.

    Args:
        findings: iterable of Finding.
        indent: str. Text before every line. Defaults to two spaces.
    """
    lines = []
    for finding in findings:
        severity = words().severity(finding.severity)
        lines.append(f"{indent}{severity}{' ' * (9 - cells(severity))}{finding.name}")
        for text in (finding.message, worded("Cure: {cure}", cure=finding.cure)):
            deeper = indent + " " * 9
            lines += [deeper + line for line in wrapped(text, _WIDTH - len(deeper))]
    return "\n".join(lines)


def downgrade(findings: Iterable[Finding], allow: Sequence[str]) -> list[Finding]:
    """Return the findings, with allowed errors turned into warnings that say so."""
    return [
        replace(f, severity="warning", allowed=True)
        if f.code in allow and f.severity == "error"
        else f
        for f in findings
    ]
