"""A finding of run.json, in the words of the surface."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbert.findings import Message, worded_again

_SEVERITIES = {"error": Message("error"), "warning": Message("warning"), "info": Message("info")}


@dataclass(frozen=True)
class ToldFinding:
    """A finding of run.json, in the words of the surface.

    Args:
        code: str.
        severity: str. "error", "warning" or "info".
        shown_severity: str. The severity in the language of the surface.
        message: str.
        cure: str. "" where there is none.
        allowed: bool. Whether it is an error that the user of the run has allowed.
    """

    code: str
    severity: str
    shown_severity: str
    message: str
    cure: str
    allowed: bool

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> "ToldFinding":
        """Return a finding; those of runs of kbert 0.1 are in English.

        Args:
            record: dict, from `Finding.to_record`.
        """
        stored = record.get("stored")
        parts = stored if isinstance(stored, Mapping) else {}
        severity, cure = str(record.get("severity", "")), str(record.get("cure") or "")
        return cls(
            code=str(record.get("code", "")),
            severity=severity,
            shown_severity=str(_SEVERITIES.get(severity, severity)),
            message=worded_again(parts.get("message"), str(record.get("message", ""))),
            cure=worded_again(parts.get("cure"), cure) if cure else "",
            allowed=record.get("allowed") is True,
        )
