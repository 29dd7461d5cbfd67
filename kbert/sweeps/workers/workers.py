"""What trains the runs of a sweep, and what they tell."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Protocol

Ending = Literal["finished", "stopped", "refused", "machine", "crashed", "killed"]


@dataclass(frozen=True)
class Outcome:
    """How the process of a run has ended.

    Args:
        ending: str. "finished"; "stopped" by a signal, with a checkpoint; "refused", the setting
            cannot be trained; "machine", no other could be either, as where the disk is full;
            "crashed" by an error of the program; "killed", so that it could tell nothing.
        reason: str. A sentence, for all but the first two. Defaults to "".
    """

    ending: Ending
    reason: str = ""

    def write(self, file: Path) -> None:
        """Write it for the process that drives the sweep."""
        file.write_text(json.dumps(asdict(self), ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, file: Path, status: int) -> "Outcome":
        """Return what a process has left that has ended with a status."""
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls("killed", f"status {status}")


@dataclass(frozen=True)
class Job:
    """A run to train or resume, in a process of its own.

    Args:
        config: Path. The settings of the run, as TOML.
        run: Path. Its directory.
        log: Path. Where what it prints is added.
        outcome: Path. Where the process leaves how it has ended.
        threads: int. Threads of its computations.
    """

    config: Path
    run: Path
    log: Path
    outcome: Path
    threads: int


class Work(Protocol):
    """A run that is being trained."""

    def poll(self) -> Outcome | None:
        """Return how it has ended, or None while it trains."""

    def stop(self) -> None:
        """Let it save a checkpoint and end; asked again, end at once."""


class Workers(Protocol):
    """What trains runs."""

    def at_once(self) -> int:
        """Return the most runs that can be trained at a time; 0 where memory is to decide."""

    def threads(self, jobs: int) -> int:
        """Return the threads that each of so many runs has to itself."""

    def start(self, job: Job) -> Work:
        """Start to train a run."""

    def close(self) -> None:
        """Leave whatever was joined or started to train."""
