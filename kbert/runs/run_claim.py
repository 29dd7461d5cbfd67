"""Claims the directory of a new run before the work begins, so that no two runs choose the same."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from kbert.errors import KbertError, MachineError
from kbert.findings import Message
from kbert.runs.beginning import LOCK, is_beginning, remove_beginning
from kbert.runs.run_directory import RunDirectory, check_free
from kbert.runs.run_lock import run_lock
from kbert.runs.what_is_left import what_is_left
from kbert.utils.files import remove_empty
from kbert.utils.leaving_note import leave_note

_UNTRAINED = Message(
    "nothing was trained yet, and no run is left behind: start it again as before."
)
_TRIES = 100  # attempts to create a folder that other processes remove in between
_Held = tuple[RunDirectory, ExitStack]


@contextmanager
def claimed_run(output: str | Path | None, *, folder: Path, name: str) -> Iterator[RunDirectory]:
    """Hold the directory of a new run for this process.

    If the block ends before the run's first record is written, the directory is removed again, or
    is as empty as it was before.

    Args:
        output: str or Path. The directory, which must not exist or must be empty. None takes the
            first of folder/name-1, folder/name-2, ... that does not exist.
        folder: Path.
        name: str.

    Raises:
        InputError: the directory exists, or another process is about to train in it.
        MachineError: the directory cannot be created.
    """
    places = (folder / f"{name}-{number}" for number in itertools.count(1))
    if output is not None:
        held = _hold(Path(output), exist_ok=True)
    else:
        held = next(found for place in places if (found := _hold_new(place)) is not None)
    run, stack = held
    with stack:
        try:
            yield run
        except KeyboardInterrupt as stop:
            leave_note(stop, _UNTRAINED if is_beginning(run.path) else what_is_left(run))
            raise


def _hold_new(path: Path) -> _Held | None:
    try:
        return _hold(path, exist_ok=False)
    except FileExistsError:
        return None


def _hold(path: Path, *, exist_ok: bool) -> _Held:
    """Create a directory and lock it; closing the stack undoes this unless it is a run by then.

    Raises:
        FileExistsError: it exists, and `exist_ok` is False.
    """
    left = _TRIES
    while True:
        left -= 1
        with ExitStack() as stack:
            made: list[Path] = []
            stack.callback(remove_empty, made)
            if not _make_above(path, made) and left > 0:
                continue
            was_there = path.exists()
            try:
                run = RunDirectory.create(path, exist_ok=exist_ok)
            except KbertError:
                if left <= 0 or path.parent.exists():
                    raise
                continue  # another process has just removed the folder above, which it had created
            if not was_there:
                made.insert(0, path)
            try:
                stack.enter_context(run_lock(path))
            except MachineError:
                if path.is_dir():
                    raise
                continue  # the process that held it has just removed it
            if not (path / LOCK).exists():
                continue
            check_free(path)  # another process may have trained in it meanwhile
            stack.callback(_take_back, path)
            return run, stack.pop_all()


def _make_above(path: Path, made: list[Path]) -> bool:
    """Create the folders above a directory, and add what was created to `made`, innermost first.

    A process removes only the folders that it has created itself. Returns whether all of them
    exist: another process may remove its own in between. What cannot be created, `create` reports.
    """
    for place in reversed(path.parents):
        if place.exists():
            continue
        try:
            place.mkdir()
        except FileExistsError:
            continue
        except FileNotFoundError:
            return False
        except OSError:
            return True
        made.insert(0, place)
    return True


def _take_back(path: Path) -> None:
    if is_beginning(path):
        remove_beginning(path)
