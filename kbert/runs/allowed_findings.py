"""Errors that do not stop a run, because its user allows them."""

from collections.abc import Iterable, Sequence

from kbert.errors import raise_on_errors
from kbert.findings import Finding, downgrade, findings_table
from kbert.utils.say import say


def allowed_findings(findings: Iterable[Finding], allow: Sequence[str]) -> list[Finding]:
    """Return the errors that are allowed, after showing them.

    Args:
        findings: iterable of Finding.
        allow: sequence of str. Codes that are allowed.

    Raises:
        FindingsError: there are errors that are not allowed.
    """
    judged = downgrade(findings, allow)
    raise_on_errors(judged, can_allow=True)
    allowed = [finding for finding in judged if finding.allowed]
    if allowed:
        say(findings_table(allowed))
    return allowed
