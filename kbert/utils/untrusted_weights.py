"""Checks of files of weights that someone else may have written. No Keras."""

import io
import math
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Joined
from kbert.utils.foreign import foreign_input
from kbert.utils.untrusted import MAX_JSON, check_file, parse_json

_UNREADABLE = "{source} cannot be read: {reason}"
_MAX_HEADER = 2**24  # bytes of a safetensors file; BERT-large has about 50,000
_KERAS_ENTRIES = {"config.json", "metadata.json", "model.weights.h5"}


def safetensors_size(path: Path, folder: Path | None = None) -> tuple[int, int]:
    """Return how many arrays and numbers a safetensors file claims in its header.

    The library checks that the shapes fill the file without gaps and overlaps.

    Raises:
        KbertError: the file cannot be read.
    """
    from safetensors import safe_open

    with foreign_input(_UNREADABLE, source=path):  # errors of the file system
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
    with foreign_input(_UNREADABLE, source=path), safe_open(path, framework="numpy") as opened:
        shapes = [opened.get_slice(name).get_shape() for name in opened.keys()]  # noqa: SIM118
    return len(shapes), sum(map(math.prod, shapes))


def check_keras_zip(path: Path) -> tuple[dict[str, Any], tuple[int, int]]:
    """Return the configuration in a .keras file and the size of its weights, or raise KbertError.

    Keras stores three entries, uncompressed: a file with compressed or other ones is not its own.
    """
    import zipfile

    broken = "{path} cannot be loaded: {reason}"
    with foreign_input(broken, path=path):
        archive = zipfile.ZipFile(path)
    with archive:
        _check_entries(path, archive.infolist())
        with foreign_input(broken, path=path):
            config = archive.read("config.json")
            weights = archive.read("model.weights.h5")
    held = h5_size(io.BytesIO(weights), f"{path}: model.weights.h5")
    return parse_json(config, f"{path}: config.json"), held


def _check_entries(path: Path, entries: list[Any]) -> None:
    """Raise InputError unless a .keras file has Keras's own entries, stored as Keras does."""
    import zipfile

    names = {entry.filename for entry in entries}
    if names != _KERAS_ENTRIES or len(entries) != len(names):
        raise InputError(
            "{path} contains {entries}. Expected a .keras file with {expected}.",
            path=path,
            entries=", ".join(sorted(map(repr, names)))[:300],
            expected=Joined(sorted(_KERAS_ENTRIES)),
        )
    size, unpacked = path.stat().st_size, sum(entry.file_size for entry in entries)
    if unpacked > size or any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
        raise InputError(
            "{path} would unpack to {unpacked:,} bytes from {size:,}. Keras does not compress: a "
            "file written by Keras was expected.",
            path=path,
            unpacked=unpacked,
            size=size,
        )
    if any(e.filename == "config.json" and e.file_size > MAX_JSON for e in entries):
        raise InputError(
            "{path}: config.json is larger than {max_size:,} bytes.", path=path, max_size=MAX_JSON
        )


def h5_size(file: Any, source: object) -> tuple[int, int]:
    """Return how many arrays and numbers an HDF5 file contains, or raise KbertError.

    Links, data in other files, and arrays that claim more than is stored are refused.
    """
    import h5py  # type: ignore[import-untyped]

    shapes: list[tuple[int, ...]] = []
    names: list[str] = []
    with foreign_input(_UNREADABLE, source=source):
        opened = h5py.File(file, "r")
    with opened:
        with foreign_input(_UNREADABLE, source=source):
            opened.visit_links(names.append)  # an error in its callback would be lost
        for name in names:
            with foreign_input(_UNREADABLE, source=source):
                is_linked = not isinstance(opened.get(name, getlink=True), h5py.HardLink)
                item = None if is_linked else opened[name]
            if is_linked:
                raise InputError(
                    "{source}: {name!r} is a link, which files of weights do not contain.",
                    source=source,
                    name=name,
                )
            if isinstance(item, h5py.Dataset):
                shapes.append(_checked_shape(item, f"{source}: {name!r}"))
    return len(shapes), sum(map(math.prod, shapes))


def _checked_shape(item: Any, source: str) -> tuple[int, ...]:
    """Return the shape of an array whose numbers are all in the file, or raise InputError."""
    with foreign_input("{source} cannot be read: {reason}", source=source):
        is_elsewhere = bool(item.external or item.is_virtual)
        shape, dtype, stored = item.shape or (), item.dtype, item.id.get_storage_size()
    if is_elsewhere:
        raise InputError("{source} lies in another file, which is not read.", source=source)
    size = math.prod(shape)
    if dtype.hasobject or size * dtype.itemsize > stored:
        raise InputError(
            "{source} claims {size:,} bytes of numbers, but the file contains {stored:,}.",
            source=source,
            size=size * dtype.itemsize,
            stored=stored,
        )
    return shape
