"""An in-memory tracker that lasts like a server: it keeps what it was sent when a process ends."""

from typing import ClassVar

from kbert.trackers.tracker import Tracker


class FakeTracker(Tracker):
    """Keeps what it is sent in `runs`, by id, and takes no step twice.

    Attributes:
        fails_in: str. The name of the method that raises.
    """

    name = "mlflow"
    label = "Fake"
    package = "json"
    runs: ClassVar[dict[str, dict]] = {}
    fails_in: ClassVar[str] = ""

    def _fail(self, where):
        if self.fails_in == where:
            raise OSError(28, "No space left on device")

    def open(self, run, known):
        self._fail("open")
        self.id = known or f"{len(self.runs):016x}"
        new = {"steps": {}, "doubled": [], "ends": [], "run": run}
        self.kept = self.runs.setdefault(self.id, new)
        return "in memory"

    def send(self, steps):
        self._fail("send")
        for step, values in steps:
            if step in self.kept["steps"]:
                self.kept["doubled"].append(step)
            else:
                self.kept["steps"][step] = dict(values)

    def close(self, end, step):
        self._fail("close")
        self.kept["ends"].append((end, step))
