"""Run a command in a forked process and kill it before a change to a folder or at any moment."""

import contextlib
import functools
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kills import Changes
from tools.kill_runs import start, wait

_SLACK = 300.0  # seconds after which a command that does not end counts as broken
_ORPHANS = 20.0  # seconds within which the processes started by a killed one must end
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Attempt:
    """The result of a command: its exit status, its output, its changes, and how long it took."""

    status: int | None
    said: str
    changes: list[str]
    seconds: float


class _Ending(Changes):
    """Notes each change in a file, and kills the process before one of them."""

    def __init__(self, folder: Path, end: int | None, notes: Path) -> None:
        super().__init__(folder, end)
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def is_counted(self, event: str, path: str) -> bool:
        """Whether it changes anything; locks do, as others can see a folder before its lock."""
        if event in ("open", "os.mkdir"):  # an unnamed file is opened by its folder's name
            return not os.path.isdir(path)
        return event not in ("os.remove", "os.rename") or os.path.lexists(path)

    def note(self, event: str, path: str) -> None:
        os.write(self._notes, f"{event} {os.path.relpath(path, self.folder)}\n".encode())

    def leave(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def attempt(
    arguments: list[str],
    place: Path,
    log: Path,
    *,
    end: int | None = None,
    kill: random.Random | None = None,
    usual: "Attempt | None" = None,
) -> Attempt:
    """Run a command in a folder, and return the result.

    Python reports every change before it is made, in every thread. Changes by the processes that
    an export starts are not seen; these processes end with the process that is killed.

    Args:
        arguments: list of str. The command.
        place: Path. Its working directory, whose changes count.
        log: Path. Where it prints. Replaced.
        end: int or None. The number of changes after which the process is killed. Defaults to None.
        kill: Random or None. Draws the moment at which it is killed. Defaults to None.
        usual: Attempt. The undisturbed command, which is needed to draw a moment.
    """
    notes = log.with_suffix(".changes")
    for file in (log, notes):
        file.unlink(missing_ok=True)
    begun = time.monotonic()
    number = start(arguments, log, functools.partial(_watch, place, end, notes))
    if kill is None:
        status = wait(number, begun + _SLACK)
    else:
        assert usual is not None
        status = _wait_for_a_moment(number, notes, kill, usual)
    if status is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)
        status = None if kill is None else KILLED
    seconds = time.monotonic() - begun
    said = log.read_text("utf-8", "replace") if log.exists() else ""
    if not _all_end(number):
        status, said = None, f"{said}\nProcesses that it has started go on."
    changes = notes.read_text("utf-8").splitlines() if notes.exists() else []
    shutil.rmtree(log.with_suffix(".tmp"), ignore_errors=True)
    return Attempt(status, said, changes, seconds)


def _watch(place: Path, end: int | None, notes: Path) -> None:
    os.setsid()  # so that the processes that it starts are found
    os.chdir(place)
    os.environ["KBERT_CACHE"] = str(place / "cache")
    # Libraries remove what they write there when a process ends by itself.
    between = notes.with_suffix(".tmp")
    between.mkdir(exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(between)
    changes = _Ending(place, end, notes)
    _report_writing_of_weights()
    sys.addaudithook(changes.see)


def _report_writing_of_weights() -> None:
    """Report the changes of safetensors, which its own code does not report.

    It writes to a hidden file with a name of its own choice, and gives that the name it was told.
    """
    import safetensors.numpy

    save: Callable[..., Any] = safetensors.numpy.save_file

    def save_file(arrays: Any, file: Any, *more: Any, **options: Any) -> Any:
        own = Path(file).with_name(".tmpr2dnmJ")
        sys.audit("open", str(own), "wb", os.O_WRONLY | os.O_CREAT)
        save(arrays, own, *more, **options)
        os.replace(own, file)

    vars(safetensors.numpy)["save_file"] = save_file


def _wait_for_a_moment(
    number: int, notes: Path, chance: random.Random, usual: Attempt
) -> int | None:
    """Wait for a random time, or for a random change and a little longer."""
    begun = time.monotonic()
    if chance.random() < 0.5:
        return wait(number, begun + chance.random() * usual.seconds)
    changes = chance.randrange(1, len(usual.changes) + 1)
    while time.monotonic() < begun + _SLACK:
        if notes.exists() and notes.read_bytes().count(b"\n") >= changes:
            return wait(number, time.monotonic() + chance.random() * 0.02)
        status = wait(number, time.monotonic() + 0.001)
        if status is not None:
            return status
    return None


def _all_end(group: int) -> bool:
    """Whether all processes of a group end in time; kills those that do not."""
    until = time.monotonic() + _ORPHANS
    while found := _members(group):
        if time.monotonic() > until:
            for number in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)
            return False
        time.sleep(0.02)
    return True


def _members(group: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, its_group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                found.append(int(folder.name))
    return found
