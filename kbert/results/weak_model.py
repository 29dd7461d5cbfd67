"""A note on a model that, by the findings of its run, cannot judge labels."""

from collections.abc import Iterable, Mapping
from typing import Any

from kbert.findings import worded

_CODES = ("below-baseline", "no-better-than-one-class", "no-better-than-chance")


def weak_model_note(findings: Iterable[Mapping[str, Any]]) -> str | None:
    """Return a note on the labels that a weak model doubts; None for a better model.

    Args:
        findings: iterable of dict. The findings of the run, as in run.json.
    """
    found = {one.get("code") for one in findings}
    code = next((code for code in _CODES if code in found), None)
    if code is None:
        return None
    return worded(
        "Do not rely on this list: the model is no better than a much simpler one ({code}), so its "
        "probabilities say little about the labels.",
        code=code,
    )
