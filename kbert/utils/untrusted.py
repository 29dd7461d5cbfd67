"""Checks of files that someone else may have written, before a library reads them. No Keras."""

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.utils.file_errors import file_error

MAX_LINE = 2**24  # bytes; no row of text is longer, but a file without line ends is
MAX_JSON = 2**25  # bytes; a vocabulary of half a million pieces has 10 MB
_MAX_DEPTH = 64
LFS_POINTER = b"version https://git-lfs"
"""The beginning of the file that a clone without Git LFS contains in place of a large one."""
LFS_CURE = Cure(note="type in its folder: git lfs pull")


def check_file(path: Path, folder: Path | None = None) -> None:
    """Raise KbertError unless a file is a regular one inside its folder, after following links.

    Args:
        path: the file.
        folder: the folder that the user named. Defaults to None: the folder of the file.

    Raises:
        FileNotFoundError: there is no such file.
    """
    check_regular(path)
    root = Path(os.path.realpath(folder or path.parent))
    roots = [root]
    if root.parent.name == "snapshots" and root.parent.parent.name.startswith("models--"):
        roots.append(root.parent.parent / "blobs")  # where the Hugging Face cache keeps files
    real = Path(os.path.realpath(path))
    if not any(real.is_relative_to(root) for root in roots):
        raise InputError(
            "{path} leads to {real}, but nothing outside the folder is read.",
            path=path,
            real=real,
            cure=Cure(note="put the file itself into the folder"),
        )
    _check_downloaded(path)


def _check_downloaded(path: Path) -> None:
    """Raise InputError for the pointer that a clone without Git LFS contains in place of a file."""
    start = b""
    with suppress(OSError), path.open("rb") as file:
        start = file.read(len(LFS_POINTER))
    if start == LFS_POINTER:
        raise InputError(
            "{path} is a pointer of Git LFS; the file itself was not downloaded.",
            path=path,
            cure=LFS_CURE,
        )


def check_regular(path: Path) -> None:
    """Raise KbertError when a path leads to a device or pipe, which might never end.

    Raises:
        FileNotFoundError: there is no such file.
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise InputError(
            "{path} is a device or a pipe; a file was expected.",
            path=path,
            cure=Cure(note="copy it to a file"),
        )


def read_bytes(path: Path, folder: Path | None = None) -> bytes:
    """Return the bytes of a small file after `check_file`, or raise KbertError or OSError."""
    check_file(path, folder)
    size = path.stat().st_size
    if size > MAX_JSON:
        raise InputError(
            "{path} has {size:,} bytes; at most {max_size:,} were expected. Is it the right file?",
            path=path,
            size=size,
            max_size=MAX_JSON,
        )
    return path.read_bytes()


def parse_json(data: bytes, source: object) -> Any:
    """Return the value of a JSON text; raise KbertError if it is broken, too deep or not finite."""

    def refuse(name: str) -> None:
        raise ValueError(f"it contains {name}, which is not a number")

    try:
        value = json.loads(data.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise InputError("{source} is not JSON: {error}", source=source, error=error) from None
    if is_too_deep(value):
        raise InputError(
            "{source} is not kbert's JSON: it is nested more than {max_depth} levels deep.",
            source=source,
            max_depth=_MAX_DEPTH,
        )
    return value


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, or raise KbertError."""
    try:
        data = read_bytes(path)
    except FileNotFoundError:
        raise InputError(
            "There is no file {path}, which a preset's folder must contain.", path=path
        ) from None
    except NotADirectoryError:
        raise InputError(
            "{path} is a file; the preset's folder was expected.", path=path.parent
        ) from None
    except OSError as error:
        raise file_error("{path} cannot be read: {reason}.", of=error, path=path) from error
    value = parse_json(data, path)
    if not isinstance(value, dict):
        raise InputError(
            "{path} must contain a JSON object. Received: {kind}",
            path=path,
            kind=type(value).__name__,
        )
    return value


def is_too_deep(value: Any, levels: int = _MAX_DEPTH) -> bool:
    """Whether lists and dicts are nested more than this many levels deep."""
    if not isinstance(value, (list, dict)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_too_deep(part, levels - 1) for part in parts)


def is_plain_name(name: object) -> bool:
    """Whether this is the name of a file that cannot lead out of its folder."""
    return isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name) is not None


def iter_lines(stream: BinaryIO, source: str) -> Iterator[bytes]:
    """Yield the lines of a binary stream; raise KbertError if one is far too long."""
    while line := stream.readline(MAX_LINE + 1):
        check_line_length(line, source)
        yield line


def check_line_length(line: bytes, source: str) -> None:
    """Raise KbertError when a line of a text file is far too long."""
    if len(line) > MAX_LINE:
        raise InputError(
            "{source} contains a line of more than {max_size:,} bytes. Is it a text file?",
            source=source,
            max_size=MAX_LINE,
        )
