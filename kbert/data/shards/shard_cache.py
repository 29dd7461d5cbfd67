"""The shards that training needs, on this machine's disk: fetched ahead, in bounded space."""

import contextlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from kbert.data.shards.location import Location
from kbert.data.shards.shard_file import DamagedShard, ShardFile, check_content
from kbert.data.shards.shard_index import Shard, ShardIndex, tokens_name
from kbert.errors import MachineError
from kbert.findings import Cure, worded
from kbert.utils.cache_file import write_cache_file

_THREADS = 2  # fetching at a time
_ATTEMPTS = 3  # to get the content that was written


class ShardCache:
    """Opens the files of shards; those of another machine are kept in a folder of bounded size.

    Args:
        location: Location. The folder of the store.
        index: ShardIndex.
        folder: Path. Where files of another machine are kept.
        most_bytes: int. How large the folder may become. What is needed now is kept in any case.
        open_file: function of a path and a shard's number that returns the ShardFile.
    """

    def __init__(
        self,
        location: Location,
        index: ShardIndex,
        folder: Path,
        most_bytes: int,
        open_file: Callable[[Path, int], ShardFile],
    ) -> None:
        self._location = location
        self._index = index
        self._folder = folder
        self._most_bytes = most_bytes
        self._open_file = open_file
        self._opened: OrderedDict[int, ShardFile] = OrderedDict()
        self._coming: dict[int, Future[Path]] = {}
        self._needed: frozenset[int] = frozenset()
        self._being_written = 0  # bytes, for which there is room already
        self._lock = threading.RLock()
        self._pool: ThreadPoolExecutor | None = None

    def file(self, number: int) -> ShardFile:
        """Return the file of a shard, fetched if it is not on this machine.

        Raises:
            MachineError: it cannot be fetched, or is not what was written.
        """
        with self._lock:
            if number in self._opened:
                self._opened.move_to_end(number)
                return self._opened[number]
            coming = self._coming.pop(number, None)
        try:
            path = self._fetch(number) if coming is None else coming.result()
            found = self._opened_again(path, number)
        except DamagedShard as damaged:
            raise self._damaged(number, str(damaged)) from damaged
        except FileNotFoundError as error:
            raise self._damaged(number, worded("there is no such file")) from error
        with self._lock:
            self._opened[number] = found
            while len(self._opened) > max(4, len(self._needed)):
                self._opened.popitem(last=False)
        return found

    def need(self, now: Iterable[int], soon: Iterable[int]) -> None:
        """Fetch shards in the background, and cancel fetching any others.

        Args:
            now: iterable of int. The shards that are needed first.
            soon: iterable of int. Those that are needed next.
        """
        with self._lock:
            wanted = list(dict.fromkeys(int(number) for number in (*now, *soon)))
            self._needed = frozenset(wanted)
            for number in [n for n in self._coming if n not in self._needed]:
                self._coming.pop(number).cancel()
            if self._location.folder is not None:
                return
            self._pool = self._pool or ThreadPoolExecutor(_THREADS, "kbert-shards")
            for number in wanted:
                if number not in self._opened and number not in self._coming:
                    self._coming[number] = self._pool.submit(self._fetch, number)

    def close(self) -> None:
        """Stop fetching."""
        with self._lock:
            self._coming.clear()
            if self._pool is not None:
                self._pool.shutdown(wait=False, cancel_futures=True)
                self._pool = None

    def _fetch(self, number: int) -> Path:
        """Return the path of a shard's file on this machine."""
        name, shard = tokens_name(number), self._index.shards[number]
        if self._location.folder is not None:
            return self._location.folder / name
        path = self._folder / name
        if path.is_file() and path.stat().st_size == shard.bytes:
            with contextlib.suppress(OSError):
                os.utime(path)  # the most recently used files are kept longest
            return path
        data = self._content(name, shard)
        with self._lock:
            self._make_room(shard.bytes)
            self._being_written += shard.bytes
        try:
            write_cache_file(path, lambda new: new.write_bytes(data))
        finally:
            with self._lock:
                self._being_written -= shard.bytes
        return path

    def _opened_again(self, path: Path, number: int) -> ShardFile:
        """Return the file of a shard; a copy that is damaged is fetched once more."""
        try:
            return self._open_file(path, number)
        except (DamagedShard, FileNotFoundError):
            if self._location.folder is not None:
                raise
            path.unlink(missing_ok=True)
            return self._open_file(self._fetch(number), number)

    def _content(self, name: str, shard: Shard) -> bytes:
        """Return the content of a file, reading it again if it is not what was written."""
        for attempt in range(_ATTEMPTS):
            data = self._location.read(name, shard.bytes)
            try:
                check_content(data, shard.bytes, shard.sha256)
            except DamagedShard:
                if attempt == _ATTEMPTS - 1:
                    raise
                continue
            return data
        raise AssertionError("the last attempt returns or raises")

    def _make_room(self, size: int) -> None:
        """Remove the least recently used files that are not needed now."""
        if not self._folder.is_dir():
            return
        files = sorted(self._folder.glob("tokens-*.arrow"), key=lambda file: file.stat().st_mtime)
        needed = {tokens_name(number) for number in self._needed}
        held = self._being_written + sum(file.stat().st_size for file in files)
        for file in files:
            if held + size <= self._most_bytes:
                return
            if file.name not in needed:
                held -= file.stat().st_size
                file.unlink(missing_ok=True)

    def _damaged(self, number: int, reason: str) -> MachineError:
        return MachineError(
            "{file} of {place} is not what was written: {reason}.",
            file=tokens_name(number),
            place=self._location.shown,
            reason=reason,
            cure=Cure(
                note="remove it, and make the store again as before: only this file is then missing"
            ),
        )
