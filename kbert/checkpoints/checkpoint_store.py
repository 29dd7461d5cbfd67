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

from kbert.checkpoints.checkpoint_files import COMMIT_FILE, Arrays, commit_folder, write_files
from kbert.errors import InputError, KbertError, MachineError
from kbert.utils.files import remove_temporary, sync_directory, write_text

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
    and the best are kept. One process at a time may write.

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
        if keep < 1:
            raise InputError("`keep` must be 1 or more. Received: {keep!r}", keep=keep)
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
            try:
                temporary.mkdir()
                checksum = write_files(temporary, arrays, state)
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
        """Return the last checkpoint, or None."""
        return self._pointed("last")

    def best(self) -> Path | None:
        """Return the best checkpoint, or None."""
        return self._pointed("best")

    def committed(self) -> list[Path]:
        """Return the committed checkpoints, oldest first."""
        return [path for path in self._directories() if (path / COMMIT_FILE).is_file()]

    def rewind_to(self, name: str, best: str | None = None) -> Path:
        """Rewind to an earlier checkpoint, and to a `best` no newer than it.

        Args:
            name: str.
            best: str or None. The end of the name of its best checkpoint, if `best` names a newer
                one. Without it, or if that one is gone, none is the best. Defaults to None.

        Raises:
            InputError: there is no checkpoint of this name.
        """
        names = [path.name for path in self.committed()]
        if name not in names:
            raise InputError(
                "{folder} has no checkpoint {name!r}. It has: {names}.",
                folder=self.folder,
                name=name,
                names=", ".join(names) or "none",
            )
        path, now = self.folder / name, None
        with contextlib.suppress(KbertError):  # the next best replaces an unreadable `best`
            now = self.best()
        if now is not None and _serial(now) > _serial(path):
            earlier = [p for p in self.committed() if _serial(p) <= _serial(path)]
            found = [p for p in earlier if best is not None and p.name.endswith(best)]
            if found:
                self._point("best", found[-1])
            else:
                (self.folder / "best").unlink()
        self._point("last", path)
        return path

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
        if not file.is_file():
            return None
        try:
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

    def _prune(self) -> None:
        kept = {self._pointed("last"), *self.committed()[-self.keep :]}
        with contextlib.suppress(KbertError):  # the next best replaces an unreadable `best`
            kept.add(self._pointed("best"))
        for path in self.committed():
            if path not in kept:
                (path / COMMIT_FILE).unlink()  # first: what is half removed is not a checkpoint
                shutil.rmtree(path)
