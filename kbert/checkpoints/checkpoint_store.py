"""Writes checkpoints to a folder."""

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from kbert.checkpoints.checkpoint import Arrays
from kbert.checkpoints.checkpoint_files import noted_best, write_files
from kbert.checkpoints.checkpoint_folder import NAME, CheckpointFolder, serial
from kbert.checkpoints.manifest import COMMIT_FILE, commit_folder, weights_checksum
from kbert.errors import InputError, KbertError, MachineError
from kbert.utils.counts import check_count
from kbert.utils.file_errors import once_mended
from kbert.utils.files import remove_temporary, sync_directory, write_text
from kbert.utils.foreign import reason_of

_NEW = ".new-"
_SLACK = 1 << 20  # bytes of a checkpoint besides its arrays


class CheckpointStore(CheckpointFolder):
    """Checkpoints in a folder, each committed completely or not at all.

    A checkpoint is written beside the others under another name, flushed to the disk, renamed, and
    marked as committed, in that order. Then `best`, if it is the best, and `last` are pointed to
    it. Whenever the process is killed, `last` and `best` name complete checkpoints. The last few
    are kept, together with the best as of each of them, so that a run can be rewound to any of
    them. Only one process at a time may write.

        000012-epoch-2-batch-40/    model, optimizer and counters (safetensors), state.json,
                                    manifest.json (checksums), COMMITTED
        last, best                  the name of such a directory

    Args:
        folder: str or Path. Created with the first checkpoint.
        keep: int. Checkpoints to keep besides the best. Defaults to 2.
        keep_best: int. Checkpoints of the best evaluations to keep, as of each of the last few.
            Defaults to 1.

    Raises:
        InputError: `keep` or `keep_best` is below 1.

    Example:

    ```python
    import numpy as np

    store = CheckpointStore("runs/a/checkpoints")
    store.commit("epoch-1", {"model": {"bias": np.zeros(2)}}, {"facts": {}}, best=True)
    assert store.last() == store.best()
    ```
    """

    def __init__(self, folder: str | Path, keep: int = 2, keep_best: int = 1) -> None:
        check_count("keep", keep)
        check_count("keep_best", keep_best)
        super().__init__(Path(folder))
        self.keep = keep
        self.keep_best = keep_best
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
            name: str. Its name, which is put after a serial number.
            arrays: dict of the arrays by name, for each file.
            state: dict of what else belongs to it, as plain data.
            best: bool. Whether it is the best so far. Defaults to False.

        Raises:
            InputError: the name has other characters than a-z, 0-9 and -.
            MachineError: the disk is full, or the folder is gone or cannot be written to. Earlier
                checkpoints are intact.
        """
        if not NAME.fullmatch(f"000000-{name}"):
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
                "before it are intact; {when}, resume from the last.",
                name=name,
                folder=self.folder,
                error=reason_of(error),
                when=once_mended(error),
            ) from error
        return path

    def rewind_to(self, path: Path, best: Path | None) -> None:
        """Make a checkpoint the last, and another the best; None removes `best`."""
        for pointer, to in (("best", best), ("last", path)):
            with contextlib.suppress(KbertError):
                if self.pointed(pointer) == to:
                    continue
            if to is None:
                (self.folder / pointer).unlink()
            else:
                self._point(pointer, to)

    def tidy(self) -> None:
        """Remove what a process that was killed in its last `commit` still had to remove."""
        self.clean()
        self._prune()

    def clean(self) -> None:
        """Remove what a killed process has left incomplete."""
        if not self.folder.is_dir():
            return
        remove_temporary(self.folder)
        for path in self.folder.glob(f"{_NEW}[0-9]*"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        for path in self.directories():
            if not (path / COMMIT_FILE).is_file():
                shutil.rmtree(path)

    def _next_serial(self) -> int:
        return max(map(serial, self.directories()), default=0) + 1

    def _check_space(self, size: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < size + _SLACK:
            raise OSError(
                errno.ENOSPC,
                f"it takes {size / 1e6:,.1f} MB, but the disk has {free / 1e6:,.1f} MB free",
            )

    def _point(self, pointer: str, path: Path) -> None:
        write_text(self.folder / pointer, json.dumps({"checkpoint": path.name}) + "\n")
        sync_directory(self.folder)

    def _noted_best(self) -> dict[str, str] | None:
        """Return what a checkpoint notes about the best before it: name and checksum of weights.

        From this a resumed run knows whether its model is that of the best checkpoint, even if that
        checkpoint is missing or damaged.
        """
        last = None
        with contextlib.suppress(KbertError):  # the next best replaces an unreadable `best`
            last = self.pointed("last")
            best = self.pointed("best")
            if best is None:
                return None
            if (checksum := weights_checksum(best)) is not None:
                return {"checkpoint": best.name, "sha256": checksum}
            noted = None if last is None else noted_best(last)
            if noted is not None and noted.get("checkpoint") == best.name:
                return noted
        return None

    def _prune(self) -> None:
        last_few = {self.pointed("last"), *self.committed()[-self.keep :]}
        kept = {*last_few}
        with contextlib.suppress(KbertError):
            kept.add(self.pointed("best"))
        noted = [noted_best(path) for path in kept if path is not None]
        kept |= {self.folder / best.get("checkpoint", "") for best in noted if best is not None}
        if self.keep_best > 1:
            few = (self.best_few(path, self.keep_best) for path in last_few if path is not None)
            kept |= {path for paths in few for path in paths}
        for path in self.committed():
            if path not in kept:
                (path / COMMIT_FILE).unlink()  # first: a half-removed folder is not a checkpoint
                shutil.rmtree(path)
