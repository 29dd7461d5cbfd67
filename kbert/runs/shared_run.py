"""A run that several processes train together: the first writes its directory, the others follow.

Each process follows the same path through the run, so that all take part in each computation. What
the others would write goes to folders of their own, which are removed.
"""

import contextlib
import json
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.backend import processes
from kbert.backend.machine import versions
from kbert.errors import InputError
from kbert.findings import Cure, Option, worded
from kbert.runs.run_directory import RunDirectory
from kbert.runs.told_ends import telling_ends
from kbert.utils.files import write_text
from kbert.utils.worker import leave

if TYPE_CHECKING:
    from kbert.runs.prepare import PreparedRun

_TOKEN = ".lock-processes"  # starts like the other traces of a beginning
_SMALL = 64 << 20  # bytes; followers copy the run's files that are smaller


class FollowedRun(RunDirectory):
    """A run that another process writes: its checkpoints and model are read from there.

    Args:
        path: str or Path. The folder in which this process writes.
        real: RunDirectory. That of the process which writes the run.
    """

    def __init__(self, path: str | Path, real: RunDirectory) -> None:
        super().__init__(path)
        self.real = real

    @property
    def model_folder(self) -> Path:
        return self.real.model_folder

    @property
    def checkpoints(self) -> Path:
        return self.real.checkpoints

    def __str__(self) -> str:
        return str(self.real)


def written(run: RunDirectory) -> RunDirectory:
    """Return the run as its first process writes it."""
    return run.real if isinstance(run, FollowedRun) else run


@contextmanager
def shared_run(claim: AbstractContextManager[RunDirectory]) -> Iterator[RunDirectory]:
    """Hold a run's directory in the first process, and follow it in the others.

    Args:
        claim: context manager of the RunDirectory, which the first process enters.

    Raises:
        InputError: a process does not see the directory.
    """
    if not processes.is_joined():
        with claim as run:
            yield run
        return
    with telling_ends(), claim if processes.is_first() else _following() as run:
        leave("run", str(run))
        if not processes.is_first():
            yield run
            return
        with _led(run):
            yield run


@contextmanager
def _led(run: RunDirectory) -> Iterator[None]:
    """Show a run's directory to the other processes."""
    processes.gather("run", str(run.path.resolve()))
    token = run.path / _TOKEN
    write_text(token, str(run.path.resolve()))
    processes.barrier("token")
    try:
        _check_seen(run, processes.gather("seen", ""))
        processes.barrier("copied")
        yield
    finally:
        with contextlib.suppress(OSError):
            token.unlink()


@contextmanager
def _following() -> Iterator[RunDirectory]:
    real = RunDirectory(processes.gather("run", "")[0])
    processes.barrier("token")
    sees = (real.path / _TOKEN).is_file()
    _check_seen(real, processes.gather("seen", "" if sees else socket.gethostname()))
    with tempfile.TemporaryDirectory(prefix="kbert-follows-") as folder:
        for file in real.path.iterdir():
            if file.is_file() and not file.name.startswith(".") and file.stat().st_size < _SMALL:
                shutil.copy(file, folder)
        processes.barrier("copied")
        yield FollowedRun(folder, real)


def _check_seen(run: RunDirectory, hosts: list[str]) -> None:
    blind = [f"{process} ({host})" for process, host in enumerate(hosts) if host]
    if blind:
        raise InputError(
            "All processes need a common run directory. {run} is not seen by process {blind}.",
            run=run,
            blind=worded(", ").join(blind),
            cure=Cure(
                note="a folder for {output} that all hosts share",
                values={"output": Option("output")},
            ),
        )


def check_same(prepared: "PreparedRun") -> None:
    """Raise InputError where processes differ in what must be the same for a run."""
    if not processes.is_joined():
        return
    sets = {"train": prepared.training, **prepared.sets}
    config = replace(prepared.config, output=None)
    shown = {
        "versions": worded("versions of packages"),
        "settings": worded("settings"),
        "tokenizer": worded("tokenizer"),
        **{f"set-{name}": str(examples.source) for name, examples in sets.items()},
    }
    own = {
        "versions": versions(),
        "settings": config.to_toml().splitlines(),
        "tokenizer": prepared.tokenizer.fingerprint,
        **{f"set-{name}": examples.fingerprint for name, examples in sets.items()},
    }
    check_alike(own, shown)


def check_alike(own: dict[str, Any], shown: dict[str, str]) -> None:
    """Raise InputError where the values of the processes differ.

    Args:
        own: dict. The values of this process, which JSON can represent.
        shown: dict of str. What messages call each value.
    """
    first, *others = (json.loads(each) for each in processes.gather("same", json.dumps(own)))
    for number, other in enumerate(others, 1):
        differing = [name for name, value in first.items() if other.get(name) != value]
        if differing:
            raise InputError(
                "All processes must compute alike, but process {number} differs in {what}",
                number=number,
                what=worded(", ").join(str(shown[name]) for name in differing),
                cure=Cure(note="the same files, versions and command line on all hosts"),
            )
