"""A folder of checkpoints."""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from kbert.checkpoints.checkpoint_files import (
    COMMIT_FILE,
    Arrays,
    Checkpoint,
    commit_folder,
    noted_best,
    weights_checksum,
    write_files,
)
from kbert.errors import InputError, KbertError, MachineError
from kbert.findings import Cure
from kbert.utils.counts import check_count
from kbert.utils.files import remove_temporary, sync_directory, write_text
from kbert.utils.say import say

_NAME = re.compile(r"(\d{6,})-[a-z0-9-]+")
_NEW = ".new-"
_SLACK = 1 << 20  # bytes of a checkpoint beside its arrays


def _serial(path: Path) -> int:
    return int(path.name.split("-")[0])


def _is_checkpoint(path: Path) -> bool:
    return _NAME.fullmatch(path.name) is not None and path.is_dir() and not path.is_symlink()


class CheckpointStore:
    """Checkpoints in a folder, each committed completely or not at all.

    A checkpoint is written beside the others under another name, flushed to the disk, renamed, and
    marked as committed, in that order; then `best`, if it is the best, and `last` are pointed to
    it. Whenever the process is killed, `last` and `best` name complete checkpoints. The last few
    are kept, and the best of each of them, which is there if a run is rewound to it. One process
    at a time may write.

        000012-epoch-2-batch-40/    model, optimizer and counters (safetensors), state.json,
                                    manifest.json (checksums), COMMITTED
        last, best                  the name of such a directory

    Args:
        folder: str or Path. Created with the first checkpoint.
        keep: int. Checkpoints to keep beside the best. Defaults to 2.

    Raises:
        InputError: `keep` is below 1.

    Example:

    ```python
    import numpy as np

    store = CheckpointStore("runs/a/checkpoints")
    store.commit("epoch-1", {"model": {"bias": np.zeros(2)}}, {"facts": {}}, best=True)
    assert store.last() == store.best()
    ```
    """

    def __init__(self, folder: str | Path, keep: int = 2) -> None:
        check_count("keep", keep)
        self.folder = Path(folder)
        self.keep = keep
        self._created = False

    def commit(
        self,
        name: str,
        arrays: Mapping[str, Arrays],
        state: Mapping[str, Any],
        *,
        best: bool = False,
    ) -> Path:
        """Write a checkpoint and return its directory.

        Args:
            name: str. Its name, which follows a serial number.
            arrays: dict of the arrays by name, for each file.
            state: dict of what else belongs to it, as plain data.
            best: bool. Whether it is the best so far. Defaults to False.

        Raises:
            InputError: the name has other characters than a-z, 0-9 and -.
            MachineError: the disk is full, or the folder is gone or cannot be written to. Earlier
                checkpoints are intact.
        """
        if not _NAME.fullmatch(f"000000-{name}"):
            raise InputError("`name` may contain a-z, 0-9 and -. Received: {name!r}", name=name)
        try:
            if self._created and not self.folder.is_dir():
                raise OSError("the folder is gone")
            self.folder.mkdir(parents=True, exist_ok=True)
            self._created = True
            self.clean()
            self._check_space(sum(a.nbytes for named in arrays.values() for a in named.values()))
            path = self.folder / f"{self._next_serial():06d}-{name}"
            temporary = self.folder / f"{_NEW}{path.name}"
            noted = {"checkpoint": path.name} if best else self._noted_best()
            try:
                temporary.mkdir()
                checksum = write_files(temporary, arrays, {**state, "best": noted})
                os.rename(temporary, path)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            sync_directory(self.folder)
            commit_folder(path, checksum)
            if best:  # before `last`: a resumed run takes its best from here
                self._point("best", path)
            self._point("last", path)
            self._prune()
        except (OSError, SafetensorError) as error:
            raise MachineError(
                "The checkpoint {name} cannot be written to {folder}: {error}. The checkpoints "
                "before it are intact. When there is room again, resume from the last.",
                name=name,
                folder=self.folder,
                error=error,
            ) from error
        return path

    def last(self) -> Path | None:
        """Return the checkpoint that `last` names, or None without that file."""
        return self._pointed("last")

    def best(self) -> Path | None:
        """Return the checkpoint that `best` names, or None without that file."""
        return self._pointed("best")

    def committed(self) -> list[Path]:
        """Return the committed checkpoints, oldest first."""
        return [path for path in self._directories() if (path / COMMIT_FILE).is_file()]

    def latest(self) -> Path | None:
        """Return the checkpoint to resume from, or None where none was ever committed.

        It is the one that `last` names. Where that file is missing or damaged, or what it names is
        not complete, it is the newest committed one, which is said.

        Raises:
            InputError: `last` or `best` is a folder, or `last` exists and nothing is committed.
        """
        committed, file = self.committed(), self.folder / "last"
        for pointer in (file, self.folder / "best"):
            if pointer.is_dir() and not pointer.is_symlink():
                raise InputError(
                    "{pointer} is a folder; a file was expected.",
                    pointer=pointer,
                    cure=Cure(note="remove it"),
                )
        path, fault = None, "does not name a checkpoint"
        with contextlib.suppress(InputError):
            path = self._pointed("last")
            if path in committed:
                return path
            incomplete = "names a checkpoint that is missing or incomplete"
            fault = "is missing" if path is None else incomplete
        if committed:
            say(f"{file} {fault}; the newest complete checkpoint is {committed[-1].name}.")
            return committed[-1]
        if not os.path.lexists(file):
            return None
        raise InputError(
            "{file} tells of a checkpoint, and none is complete.",
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
                names=", ".join(committed) or "none",
            )
        return committed[name]

    def at_position(self, position: str, until: Path) -> Path | None:
        """Return the newest committed checkpoint of a position that is not newer than another."""
        found = (p for p in self.committed() if p.name.partition("-")[2] == position)
        return max((p for p in found if _serial(p) <= _serial(until)), key=_serial, default=None)

    def best_of(self, checkpoint: Checkpoint, position: str) -> Path:
        """Return where the best checkpoint of a position is, or was, as of another checkpoint.

        It is the one that this has noted; in those of kbert 0.1, the newest of the position.
        """
        noted = (checkpoint.best or {}).get("checkpoint", "")
        if _NAME.fullmatch(noted) and noted.partition("-")[2] == position:
            return self.folder / noted
        found = self.at_position(position, checkpoint.path)
        return self.folder / f"000000-{position}" if found is None else found

    def rewind_to(self, path: Path, best: Path | None) -> None:
        """Make a checkpoint the last, and another the best; None removes `best`."""
        for pointer, to in (("best", best), ("last", path)):
            with contextlib.suppress(KbertError):
                if self._pointed(pointer) == to:
                    continue
            if to is None:
                (self.folder / pointer).unlink()
            else:
                self._point(pointer, to)

    def clean(self) -> None:
        """Remove what a killed process has left incomplete."""
        if not self.folder.is_dir():
            return
        remove_temporary(self.folder)
        for path in self.folder.glob(f"{_NEW}[0-9]*"):
            shutil.rmtree(path)
        for path in self._directories():
            if not (path / COMMIT_FILE).is_file():
                shutil.rmtree(path)

    def _directories(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        found = [p for p in self.folder.iterdir() if _is_checkpoint(p)]
        return sorted(found, key=_serial)

    def _next_serial(self) -> int:
        return max(map(_serial, self._directories()), default=0) + 1

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < size + _SLACK:
            raise OSError(
                f"it takes {size / 1e6:,.1f} MB, but the disk has {free / 1e6:,.1f} MB free"
            )

    def _point(self, pointer: str, path: Path) -> None:
        write_text(self.folder / pointer, json.dumps({"checkpoint": path.name}) + "\n")
        sync_directory(self.folder)

    def _pointed(self, pointer: str) -> Path | None:
        file = self.folder / pointer
        if not os.path.lexists(file):
            return None
        try:
            if not file.is_symlink():
                name = json.loads(file.read_text(encoding="utf-8"))["checkpoint"]
                if _NAME.fullmatch(name):
                    return self.folder / name
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass
        raise InputError(
            "{file} does not name a checkpoint. There are: {names}.",
            file=file,
            names=", ".join(path.name for path in self.committed()) or "none",
        )

    def _noted_best(self) -> dict[str, str] | None:
        """Return what a checkpoint notes of the best before it: name and checksum of weights.

        A resumed run sees by it whether its model is that of the best, whatever became of that.
        """
        last = None
        with contextlib.suppress(KbertError):  # the next best replaces an unreadable `best`
            last = self._pointed("last")
            best = self._pointed("best")
            if best is None:
                return None
            if (checksum := weights_checksum(best)) is not None:
                return {"checkpoint": best.name, "sha256": checksum}
            noted = None if last is None else noted_best(last)
            if noted is not None and noted.get("checkpoint") == best.name:
                return noted
        return None

    def _prune(self) -> None:
        kept = {self._pointed("last"), *self.committed()[-self.keep :]}
        with contextlib.suppress(KbertError):
            kept.add(self._pointed("best"))
        noted = [noted_best(path) for path in kept if path is not None]
        kept |= {self.folder / best.get("checkpoint", "") for best in noted if best is not None}
        for path in self.committed():
            if path not in kept:
                (path / COMMIT_FILE).unlink()  # first: what is half removed is not a checkpoint
                shutil.rmtree(path)
