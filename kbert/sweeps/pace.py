"""How many runs of a sweep are trained at a time, and until when."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from kbert.backend.available_memory import available_memory
from kbert.backend.thread_count import usable_cores
from kbert.errors import MachineError
from kbert.findings import worded
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.trial import Trial
from kbert.sweeps.workers.workers import Workers
from kbert.utils.say import say
from kbert.utils.wording import count_noun, duration

_SPARE = 1.2  # times the memory and the disk space that a run has taken


class Pace:
    """How many runs of a sweep are trained at a time, and until when.

    If the number of runs depends on the memory that one takes, the first run is trained alone to
    measure it. A run is not started if, with the average duration of the runs so far, it would not
    end within the budget.

    Args:
        sweep: Sweep.
        workers: Workers.
        trials: sequence of Trial. The trials that have begun.
    """

    def __init__(self, sweep: Sweep, workers: Workers, trials: Sequence[Trial]) -> None:
        self._sweep, self._workers = sweep, workers
        budget = sweep.options.budget
        self._until = None if budget is None else time.monotonic() + 60 * budget
        self._seconds: list[float] = []
        self._disk = 0
        jobs = sweep.options.jobs
        self._chooses = jobs == "auto" and not workers.at_once()
        self.jobs = jobs if jobs != "auto" else workers.at_once() or 1
        for trial in trials:
            for seed in trial.scores():
                run = trial.run(seed)
                self.add(run, run.readable_record.get("training_seconds", 0.0))

    def add(self, run: RunDirectory, seconds: float) -> None:
        """Learn from a finished run how long a run takes, and how much disk space and memory."""
        self._seconds.append(seconds)
        self._disk = max(self._disk, _size(run.path))
        if self._chooses:
            self._chooses = False
            self.jobs = self._fitting(run)

    def is_over(self, *, next_run: bool = False) -> bool:
        """Return whether the budget is over, or would be over before another run has ended."""
        if self._until is None:
            return False
        needed = sum(self._seconds) / len(self._seconds) if next_run and self._seconds else 0.0
        return time.monotonic() + needed > self._until

    def check_room(self, folder: Path, running: int) -> None:
        """Raise MachineError if the disk has no room for another run.

        Args:
            folder: Path. The folder of the sweep.
            running: int. How many runs are being trained.
        """
        needed = int(_SPARE * self._disk * (running + 1))
        free = shutil.disk_usage(folder).free
        if free < needed:
            raise MachineError(
                "The disk of {folder} has {free:.1f} GB left, and the next run needs about "
                "{needed:.1f} GB. Free some space.",
                folder=folder,
                free=free / 1e9,
                needed=needed / 1e9,
            )

    def tell(self, left: int) -> None:
        """Print how long the remaining runs will take."""
        if not left:
            return
        each = sum(self._seconds) / len(self._seconds)
        say(
            worded(
                "A run takes about {each}. Left: {left}, {jobs} at a time, about {all}.",
                each=duration(each),
                all=duration(each * -(-left // self.jobs)),
                left=count_noun(left, "run"),
                jobs=self.jobs,
            )
        )

    def _fitting(self, run: RunDirectory) -> int:
        """Return how many runs fit the cores and the memory, if all take as much as this one."""
        record = run.readable_record
        if record.get("machine", {}).get("device", "cpu") != "cpu":
            return 1  # a second process would not find the accelerator's memory free
        each = _SPARE * 1e6 * record.get("peak_memory_mb", 0)
        by_memory = int(available_memory() / each) if each else 1
        return max(1, min(usable_cores(), by_memory))


def _size(folder: Path) -> int:
    """Return the bytes of the files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
