"""A folder on a disk or in an object store, through `pyarrow.fs`."""

import errno
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from kbert.errors import InputError, MachineError
from kbert.findings import Cure, Option, worded
from kbert.utils.files import sync_directory, write_bytes
from kbert.utils.foreign import reason_of
from kbert.utils.wording import count_noun

T = TypeVar("T")

INDEX = "index.json"
SCHEMES = ("file", "s3", "gs", "gcs", "hdfs", "viewfs")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_WHOLE_AT_ONCE = ("s3", "gcs")  # where a file appears only once all of it has been written
_WAITS = (0.2, 1.0, 5.0)  # seconds before each further attempt
_FINAL = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENAMETOOLONG)


def is_uri(place: Any) -> bool:
    """Return whether a place is written as a URI, such as s3://bucket/folder."""
    return isinstance(place, str) and _SCHEME.match(place) is not None


def is_store(place: Any) -> bool:
    """Return whether a place is a token store, or a URI, from which nothing else is read."""
    return is_uri(place) or (isinstance(place, str | Path) and (Path(place) / INDEX).is_file())


class Location:
    """A folder whose files are read and written as a whole.

    An operation that fails is tried again, three times with growing pauses, unless trying again
    cannot help: a file or permission is missing, or the disk is full. A file gets its name only
    once all of it has been written.

    Args:
        place: str or Path. A path, or a URI of `SCHEMES`. A password in it is refused: it
            would be in logs and run files.
        filesystem: pyarrow.fs.FileSystem or None. The file system in which `place` is a path.
            Defaults to None: that of the URI, or this machine's.

    Attributes:
        shown: str. The place, for messages.
        folder: Path or None. The folder on this machine's disk, if it is one.

    Raises:
        InputError: the URI names no file system, or has a password in it.
    """

    def __init__(self, place: str | Path, filesystem: Any = None) -> None:
        from pyarrow import fs

        self.shown = str(place)
        if filesystem is None and is_uri(place):
            _check_uri(self.shown)
            try:
                filesystem, root = fs.FileSystem.from_uri(self.shown)
            except (ValueError, OSError) as error:
                raise InputError(
                    "{place} cannot be opened: {reason}.",
                    place=self.shown,
                    reason=reason_of(error),
                    cure=Cure(note="a URI such as s3://BUCKET/FOLDER"),
                ) from error
            if not root.strip("/"):
                raise InputError(
                    "{place} names no folder.",
                    place=self.shown,
                    cure=Cure(note="a URI such as s3://BUCKET/FOLDER"),
                )
        elif filesystem is None:
            filesystem, root = fs.LocalFileSystem(), str(Path(place).absolute())
        else:
            root = self.shown
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        is_local = isinstance(filesystem, fs.LocalFileSystem)
        self.folder = Path(self._root) if is_local else None
        self._sleep: Callable[[float], object] = time.sleep

    def size(self, name: str) -> int | None:
        """Return the bytes of a file, or None where there is none."""
        from pyarrow import fs

        def look() -> int | None:
            found = self._filesystem.get_file_info(f"{self._root}/{name}")
            return found.size if found.type == fs.FileType.File else None

        return self._again(look, name)

    def read(self, name: str, size: int | None = None) -> bytes:
        """Return all bytes of a file.

        Args:
            name: str.
            size: int or None. The expected number of bytes: if fewer arrive, the connection was
                cut, and the file is read again. Defaults to None: any number.

        Raises:
            FileNotFoundError: there is no such file.
            MachineError: it cannot be read, even after several attempts.
        """

        def read() -> bytes:
            with self._filesystem.open_input_stream(f"{self._root}/{name}") as file:
                data = bytes(file.read())
            if size is not None and len(data) < size:
                raise OSError(
                    worded("{come:,} of {size:,} bytes were received", come=len(data), size=size)
                )
            return data

        return self._again(read, name)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, which gets its name only once all of it is there.

        Raises:
            MachineError: it cannot be written, even after several attempts.
        """
        if self.folder is not None:
            folder = self.folder
            self._again(lambda: _write_local(folder / name, data), name, verb="written")
            return

        def write() -> None:
            path = f"{self._root}/{name}"
            is_whole = self._filesystem.type_name in _WHOLE_AT_ONCE
            new = path if is_whole else f"{path}.{secrets.token_hex(4)}.part"
            if not is_whole:
                self._filesystem.create_dir(self._root, recursive=True)
            with self._filesystem.open_output_stream(new) as file:
                file.write(data)
            if not is_whole:
                self._filesystem.move(new, path)

        self._again(write, name, verb="written")

    def _again(self, action: Callable[[], T], name: str, verb: str = "read") -> T:
        """Return what an action returns, trying it several times."""
        for attempt, wait in enumerate((*_WAITS, None), start=1):
            try:
                return action()
            except _FINAL as error:
                if isinstance(error, FileNotFoundError) and verb == "read":
                    raise
                raise self._failed(error, name, verb, attempt) from error
            except OSError as error:
                if wait is None or error.errno in _FULL:
                    raise self._failed(error, name, verb, attempt) from error
                self._sleep(wait)
        raise AssertionError("the last attempt returns or raises")

    def _failed(self, error: OSError, name: str, verb: str, attempts: int) -> MachineError:
        template = "{file} of {place} cannot be read, after {attempts}: {reason}."
        if verb == "written":
            template = "{file} of {place} cannot be written, after {attempts}: {reason}."
        return MachineError(
            template,
            file=name,
            place=self.shown,
            attempts=count_noun(attempts, "attempt"),
            reason=reason_of(error),
        )


def _check_uri(uri: str) -> None:
    """Raise InputError for a URI of another kind, or one with credentials."""
    parts = urlsplit(uri)
    if parts.scheme.lower() not in SCHEMES:
        raise InputError(
            "{option} must be a folder, or a URI of {schemes}. Received: {scheme}://...",
            option=Option("data"),
            schemes=", ".join(f"{scheme}://" for scheme in SCHEMES),
            scheme=parts.scheme,
        )
    if ":" in parts.netloc.rpartition("@")[0]:
        raise InputError(
            "A URI with a password in it would be in logs and run files. Received: "
            "{scheme}://...@{host}{path}",
            scheme=parts.scheme,
            host=parts.netloc.rpartition("@")[2],
            path=parts.path,
            cure=Cure(
                note="leave it out, and give the credentials in the environment, such as "
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            ),
        )


def _write_local(path: Path, data: bytes) -> None:
    write_bytes(path, data)
    sync_directory(path.parent)
