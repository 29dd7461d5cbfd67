"""Checks of files that someone else may have written, before a library reads them. No Keras."""

import io
import json
import math
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from kbert.errors import InputError, KbertError
from kbert.findings import Cure

MAX_LINE = 2**24  # bytes; no row of text is longer, but a file without line ends is
_MAX_JSON = 2**25  # bytes; a vocabulary of half a million pieces has 10 MB
_MAX_DEPTH = 64
_MAX_HEADER = 2**24  # bytes of a safetensors file; BERT-large has about 50,000
_KERAS_ENTRIES = {"config.json", "metadata.json", "model.weights.h5"}


def check_file(path: Path, folder: Path | None = None) -> None:
    """Raise KbertError unless a file is a regular one that lies in its folder, links followed.

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
            "{path} leads to {real}, but nothing outside of the folder is read.",
            path=path,
            real=real,
            cure=Cure(note="put the file itself into the folder"),
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
    if size > _MAX_JSON:
        raise InputError(
            "{path} has {size:,} bytes; at most {max_size:,} were expected. Is it the right file?",
            path=path,
            size=size,
            max_size=_MAX_JSON,
        )
    return path.read_bytes()


def parse_json(data: bytes, source: object) -> Any:
    """Return the value of a JSON text, or raise KbertError: broken, too deep, or not finite."""

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
        raise InputError(
            "{path} cannot be read: {reason}.", path=path, reason=error.strerror
        ) from None
    value = parse_json(data, path)
    if not isinstance(value, dict):
        raise InputError(
            "{path} must contain a JSON object. Received: {kind}",
            path=path,
            kind=type(value).__name__,
        )
    return value


def is_too_deep(value: Any, levels: int = _MAX_DEPTH) -> bool:
    """Whether lists and dicts are nested in more than this many levels."""
    if not isinstance(value, (list, dict)):
        return False
    parts = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(is_too_deep(part, levels - 1) for part in parts)


def safetensors_size(path: Path, folder: Path | None = None) -> tuple[int, int]:
    """Return how many arrays and numbers a safetensors file claims in its header.

    The library checks that the shapes fill the file without gaps and overlaps.

    Raises:
        KbertError: the file cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    try:
        check_file(path, folder)
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
        if length > _MAX_HEADER:
            raise InputError(
                "{path} cannot be read: its header would have {size:,} bytes; at most "
                "{max_size:,} were expected. Is it a safetensors file?",
                path=path,
                size=length,
                max_size=_MAX_HEADER,
            )
        with safe_open(path, framework="numpy") as opened:
            shapes = [opened.get_slice(name).get_shape() for name in opened.keys()]  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InputError("{path} cannot be read: {error}", path=path, error=error) from None
    return len(shapes), sum(map(math.prod, shapes))


def check_keras_zip(path: Path) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return the configuration in a .keras file and the size of its weights, or raise KbertError.

    Keras stores three entries uncompressed: anything compressed or beside them is not its own.
    """
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            if names != _KERAS_ENTRIES or len(entries) != len(names):
                raise InputError(
                    "{path} contains {entries}. Expected a .keras file with {expected}.",
                    path=path,
                    entries=", ".join(sorted(map(repr, names)))[:300],
                    expected=", ".join(sorted(_KERAS_ENTRIES)),
                )
            size = path.stat().st_size
            stored = all(entry.compress_type == zipfile.ZIP_STORED for entry in entries)
            if not stored or sum(entry.file_size for entry in entries) > size:
                raise InputError(
                    "{path} would unpack to {unpacked:,} bytes from {size:,}. Keras does not "
                    "compress: a file written by Keras was expected.",
                    path=path,
                    unpacked=sum(e.file_size for e in entries),
                    size=size,
                )
            if archive.getinfo("config.json").file_size > _MAX_JSON:
                raise InputError(
                    "{path}: config.json is larger than {max_size:,} bytes.",
                    path=path,
                    max_size=_MAX_JSON,
                )
            config = parse_json(archive.read("config.json"), f"{path}: config.json")
            weights = io.BytesIO(archive.read("model.weights.h5"))
            held = h5_size(weights, f"{path}: model.weights.h5")
    except KbertError:
        raise
    except Exception as error:  # zipfile passes on what its parts raise, as for broken names
        raise InputError("{path} cannot be loaded: {error}", path=path, error=error) from None
    return config, held


def h5_size(file: Any, source: object) -> tuple[int, int]:
    """Return how many arrays and numbers an HDF5 file contains, or raise KbertError.

    Links, data in other files, and arrays that claim more than is stored are refused.
    """
    import h5py  # type: ignore[import-untyped]

    shapes: list[tuple[int, ...]] = []
    names: list[str] = []
    try:
        with h5py.File(file, "r") as opened:
            opened.visit_links(names.append)  # an error in its callback would be lost
            for name in names:
                if not isinstance(opened.get(name, getlink=True), h5py.HardLink):
                    raise InputError(
                        "{source}: {name!r} is a link, which files of weights do not contain.",
                        source=source,
                        name=name,
                    )
                item = opened[name]
                if isinstance(item, h5py.Dataset):
                    _check_array(item, f"{source}: {name!r}")
                    shapes.append(item.shape)
    except KbertError:
        raise
    except Exception as error:  # h5py passes on what HDF5 raises for a broken file
        raise InputError("{source} cannot be read: {error}", source=source, error=error) from None
    return len(shapes), sum(map(math.prod, shapes))


def _check_array(item: Any, source: str) -> None:
    if item.external or item.is_virtual:
        raise InputError("{source} lies in another file, which is not read.", source=source)
    size, stored = math.prod(item.shape or ()), item.id.get_storage_size()
    if item.dtype.hasobject or size * item.dtype.itemsize > stored:
        raise InputError(
            "{source} claims {size:,} bytes of numbers, but the file contains {stored:,}.",
            source=source,
            size=size * item.dtype.itemsize,
            stored=stored,
        )


def is_plain_name(name: object) -> bool:
    """Whether this is the name of a file that cannot lead out of its folder."""
    return isinstance(name, str) and re.fullmatch(r"\w[\w.-]*", name) is not None


def iter_lines(stream: BinaryIO, source: str) -> Iterator[bytes]:
    """Yield the lines of a binary stream, or raise KbertError at one that is far too long."""
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
