"""The contents of a folder of checkpoints."""

import contextlib
import json
import os
import re
from pathlib import Path

from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.checkpoint_files import noted_evaluations
from kbert.checkpoints.manifest import COMMIT_FILE
from kbert.errors import InputError, KbertError
from kbert.findings import Cure, Joined, worded
from kbert.results.evaluation_history import EvaluationHistory
from kbert.utils.say import say

NAME = re.compile(r"(\d{6,})-[a-z0-9-]+")
"""The name of a checkpoint: a serial number, and the name that it was given."""


class CheckpointFolder:
    """The checkpoints in a folder, and those that `last` and `best` name.

    This class only reads them; `CheckpointStore` writes them.

    Args:
        folder: Path. It need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def check(self) -> None:
        """Raise InputError if something else is in a place that the next save needs.

        A link to a checkpoint is refused too: no link is followed, so an earlier checkpoint would
        be used.
        """
        for pointer in (self.folder / "last", self.folder / "best"):
            if pointer.is_dir() and not pointer.is_symlink():
                raise InputError(
                    "{pointer} is a folder; a file was expected.",
                    pointer=pointer,
                    cure=Cure(note="remove it"),
                )
        inside = [path for path in _inside(self.folder) if NAME.fullmatch(path.name)]
        wrong = [path for path in inside if not _is_checkpoint(path)]
        if os.path.lexists(self.folder) and not self.folder.is_dir():
            wrong = [self.folder]
        if wrong:
            raise InputError(
                "{path} is a file, a pipe or a link; a folder was expected.",
                path=wrong[0],
                cure=Cure(note="put the folder itself there, or remove it"),
            )

    def last(self) -> Path | None:
        """Return the checkpoint that `last` names, or None without that file."""
        return self.pointed("last")

    def best(self) -> Path | None:
        """Return the checkpoint that `best` names, or None without that file."""
        return self.pointed("best")

    def committed(self) -> list[Path]:
        """Return the committed checkpoints, oldest first."""
        return [path for path in self.directories() if (path / COMMIT_FILE).is_file()]

    def latest(self) -> Path | None:
        """Return the checkpoint to resume from, or None where none was ever committed.

        It is the one that `last` names. If that file is missing or damaged, or what it names is not
        complete, it is the newest committed one, and a line that says so is printed.

        Raises:
            InputError: `check` raises it, or `last` exists and nothing is committed.
        """
        self.check()
        committed, file = self.committed(), self.folder / "last"
        path, fault = None, worded("does not name a checkpoint")
        with contextlib.suppress(InputError):
            path = self.pointed("last")
            if path in committed:
                return path
            incomplete = worded("names a checkpoint that is missing or incomplete")
            fault = worded("is missing") if path is None else incomplete
        if committed:
            say(
                worded(
                    "{file} {fault}; the newest complete checkpoint is {name}.",
                    file=file,
                    fault=fault,
                    name=committed[-1].name,
                )
            )
            return committed[-1]
        if not os.path.lexists(file):
            return None
        raise InputError(
            "{file} refers to a checkpoint, but none is complete.",
            file=file,
            cure=Cure(
                note="restore {folder} from a copy; or remove it, to start from scratch",
                values={"folder": self.folder},
            ),
        )

    def named(self, name: str) -> Path:
        """Return the committed checkpoint of this name.

        Raises:
            InputError: there is none.
        """
        committed = {path.name: path for path in self.committed()}
        if name not in committed:
            raise InputError(
                "{folder} has no checkpoint {name!r}. It has: {names}.",
                folder=self.folder,
                name=name,
                names=Joined(committed) or worded("none"),
            )
        return committed[name]

    def at_position(self, position: str, until: Path) -> Path | None:
        """Return the newest committed checkpoint of a position that is no newer than `until`."""
        found = (p for p in self.committed() if p.name.partition("-")[2] == position)
        return max((p for p in found if serial(p) <= serial(until)), key=serial, default=None)

    def best_as_of(self, checkpoint: Checkpoint) -> Path | None:
        """Return the best checkpoint as of this one; `best` may name a later one."""
        if checkpoint.evaluations is None:
            return None
        best = EvaluationHistory.from_dict(checkpoint.evaluations).best
        return None if best is None else self.best_of(checkpoint, best.position)

    def best_of(self, checkpoint: Checkpoint, position: str) -> Path:
        """Return where the best checkpoint as of `checkpoint` is, or was; it has this position.

        It is the one that `checkpoint` has noted. Those of kbert 0.1 have noted none: for them it
        is the newest of the position.
        """
        noted = (checkpoint.best or {}).get("checkpoint", "")
        if NAME.fullmatch(noted) and noted.partition("-")[2] == position:
            return self.folder / noted
        found = self.at_position(position, checkpoint.path)
        return self.folder / f"000000-{position}" if found is None else found

    def best_few(self, path: Path, count: int) -> list[Path]:
        """Return the checkpoints of the `count` best evaluations as of a checkpoint, best first.

        Checkpoints that are not there are left out.
        """
        with contextlib.suppress(KbertError):
            history = EvaluationHistory.from_dict(noted_evaluations(path) or {})
            best = [one.position for one in history.best_of(count)]
            found = (self.at_position(position, until=path) for position in best)
            return [each for each in found if each is not None]
        return []

    def directories(self) -> list[Path]:
        """Return the checkpoints, committed or not, oldest first."""
        return sorted(filter(_is_checkpoint, _inside(self.folder)), key=serial)

    def pointed(self, pointer: str) -> Path | None:
        """Return the checkpoint that `last` or `best` names, or None without that file.

        Raises:
            InputError: it names none.
        """
        file = self.folder / pointer
        if not os.path.lexists(file):
            return None
        try:
            if file.is_file() and not file.is_symlink():
                name = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]
                if NAME.fullmatch(name):
                    return self.folder / name
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        raise InputError(
            "{file} does not name a checkpoint. There are: {names}.",
            file=file,
            names=Joined(path.name for path in self.committed()) or worded("none"),
        )


def serial(path: Path) -> int:
    """Return the serial number of a checkpoint."""
    return int(path.name.split("-")[0])


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_checkpoint(path: Path) -> bool:
    return NAME.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()
