"""Checks of files of weights that someone else may have written. No Keras."""

import io
import math
from pathlib import Path
from typing import Any

from kbert.errors import InputError, KbertError
from kbert.utils.untrusted import MAX_JSON, check_file, parse_json

_MAX_HEADER = 2**24  # bytes of a safetensors file; BERT-large has about 50,000
_KERAS_ENTRIES = {"config.json", "metadata.json", "model.weights.h5"}


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
            if archive.getinfo("config.json").file_size > MAX_JSON:
                raise InputError(
                    "{path}: config.json is larger than {max_size:,} bytes.",
                    path=path,
                    max_size=MAX_JSON,
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
