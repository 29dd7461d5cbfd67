"""Where a run reports to, besides its own files."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from kbert.choices import TrackerName
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option

NO_TRACKER = "none"


@dataclass(frozen=True, kw_only=True)
class TrackerOptions:
    """Where a run reports to, besides its own files.

    Example:

    ```python
    assert TrackerOptions(report_to="tensorboard,wandb").trackers == ("tensorboard", "wandb")
    ```
    """

    report_to: str | None = None
    """Trackers that receive rate, loss and scores: tensorboard, wandb, mlflow, separated by commas;
    or none."""

    def __post_init__(self) -> None:
        tracker_names(self.report_to)

    @property
    def trackers(self) -> tuple[TrackerName, ...]:
        """The trackers by name; none of them is imported here."""
        return tracker_names(self.report_to)


def tracker_names(report_to: str | None) -> tuple[TrackerName, ...]:
    """Return the names in a setting of trackers.

    Args:
        report_to: str or None. Names separated by commas, or "none".

    Raises:
        InputError: one of them is not a tracker, or none is named.
    """
    if report_to is None or report_to.strip().lower() == NO_TRACKER:
        return ()
    known: Mapping[str, TrackerName] = {name: name for name in get_args(TrackerName)}
    names = [name.strip() for name in report_to.split(",")]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known, 1)
            values: dict[str, Any] = {"report_to": near[0]} if near else {}
            raise InputError(
                "{option} must be names from {known}, separated by commas, or none. "
                "Received: {name!r:.80}",
                option=Option("report_to"),
                known=Joined(known),
                name=name,
                cure=Cure(values) if values else None,
            )
    return tuple(dict.fromkeys(known[name] for name in names))
