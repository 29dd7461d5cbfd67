"""A tracker: where a run's rate, loss and scores are shown."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import ClassVar

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.trackers.tracked_run import TrackedEnd, TrackedRun
from kbert.utils.missing_package import pip_install

Step = tuple[int, Mapping[str, float]]
"""The number of batches before it in the run, and the values by name."""


class Tracker(ABC):
    """Where a run's rate, loss and scores are shown.

    A tracker is opened, sent all steps of the run from the first on, and closed, all in one thread.
    If a run is resumed, it leaves out the steps that it already has. An exception that it raises
    ends the tracker, not the run.

    Attributes:
        name: str, as in `report_to`.
        label: str. Its name in a sentence.
        package: str. The name by which its library is imported.
        id: str. The id of the run in the tracker, which `open` is given when the run resumes.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    package: ClassVar[str]
    id: str = ""

    def check(self) -> None:
        """Raise InputError where the tracker cannot be used; called before the run begins."""
        if find_spec(self.package) is None:
            raise InputError(
                "{option} needs the package {package}, which is not installed.",
                option=Option("report_to", self.name),
                package=self.package,
                cure=Cure(code=pip_install(self.package)),
            )

    @abstractmethod
    def open(self, run: TrackedRun, known: str | None) -> str:
        """Begin, or continue the run with a known `id`, and return where the run can be seen."""

    @abstractmethod
    def send(self, steps: Sequence[Step]) -> None:
        """Show steps, which come in their order."""

    @abstractmethod
    def close(self, end: TrackedEnd, step: int) -> None:
        """Show what the run has ended with, after its last step."""
