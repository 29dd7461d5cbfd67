"""Publishing: renaming what was written to its final name, completely or not at all."""

import errno
import itertools
import os
from pathlib import Path

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.utils.files import sync_directory, sync_file

# What systems report that have no hard links, or none at this path.
_NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV}
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")  # after the suffix of what is compressed
_WRITTEN = (
    *(".csv", ".jsonl", ".ndjson", ".xlsx", ".html", ".png", ".svg", ".pdf"),
    *(".keras", ".onnx", ".tflite", ".xml", ".bin", ".pt", ".h5", ".safetensors"),
)
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR}


def is_free(path: Path) -> bool:
    """Return whether something can be published at a path: nothing is there, or an empty folder."""
    if path.is_dir() and not path.is_symlink():
        return not any(path.iterdir())
    return not os.path.lexists(path)


def free_path(path: Path) -> Path:
    """Return a path if it is free, else the first free one with a number before its suffixes.

    Args:
        path: Path.

    Example:

    ```python
    Path("labels.csv.gz").touch()
    assert free_path(Path("labels.csv.gz")) == Path("labels-1.csv.gz")
    ```
    """
    numbered = (_numbered(path, number) for number in itertools.count(1))
    return path if is_free(path) else next(other for other in numbered if is_free(other))


def check_free(path: Path, option: str | None = "output") -> None:
    """Raise InputError unless a path is free.

    Args:
        path: Path.
        option: str or None. The setting that names the path, for the cure. Defaults to "output".
    """
    if not is_free(path):
        raise _already_exists(path, option)


def check_plain(path: Path, option: str = "output") -> None:
    """Raise InputError if the name of a file is that of a compressed one: kbert writes none.

    Args:
        path: Path.
        option: str. The setting that names the path, for the cure. Defaults to "output".
    """
    if path.suffix.lower() in _PACKED:
        plain = path.with_suffix("")
        raise InputError(
            "{path} would not be compressed, although its name says so: kbert writes plain files.",
            path=path,
            cure=Cure(
                {option: str(free_path(plain if plain.suffix else path.with_suffix(".csv")))}
            ),
        )


def publish(written: Path, path: Path, option: str | None = "output") -> None:
    """Give a file or folder its final name, unless that name is taken by now.

    What was written is flushed to the disk first, and then the new name. Of two processes that
    publish to the same path, one succeeds. An empty folder does not count as taking the name.

    Args:
        written: Path. A file or a folder that is not empty, on the same disk.
        path: Path. The final name.
        option: str or None. The setting that names the path, for the cure. Defaults to "output".

    Raises:
        InputError: `path` exists.

    Example:

    ```python
    Path(".new").write_text("1")
    publish(Path(".new"), Path("a.txt"))
    ```
    """
    _flush(written)
    try:
        if written.is_dir() and os.name != "nt":
            os.rename(written, path)  # fails if a file or a folder with files is there
        else:
            _remove_if_empty(path)
            os.rename(written, path) if os.name == "nt" else _link(written, path)
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        raise _already_exists(path, option) from None
    sync_directory(path.parent)


def _already_exists(path: Path, option: str | None) -> InputError:
    cure = Cure(note="name another file")
    if option is not None:
        # Nobody wants a numbered copy of a kind of file that kbert does not write.
        another = Cure(note="name another path with {option}", values={"option": Option(option)})
        cure = Cure({option: str(free_path(path))}) if _is_written(path) else another
    return InputError("{path} already exists; kbert never overwrites files.", path=path, cure=cure)


def _is_written(path: Path) -> bool:
    """Whether what is at a path may have been written by kbert, judging by its name."""
    return path.is_dir() or not path.suffix or path.suffix.lower() in (*_WRITTEN, *_PACKED)


def _numbered(path: Path, number: int) -> Path:
    """Return a path with a number before its suffixes, as in labels-1.csv.gz."""
    if path.is_dir():
        return path.with_name(f"{path.name}-{number}")
    packed = path.suffix if path.suffix.lower() in _PACKED else ""
    plain = Path(path.name.removesuffix(packed))
    return path.with_name(f"{plain.stem}-{number}{plain.suffix}{packed}")


def _remove_if_empty(path: Path) -> None:
    """Remove an empty folder: no file can replace it, nor on Windows a folder."""
    if path.is_dir() and is_free(path):
        path.rmdir()


def _link(written: Path, path: Path) -> None:
    """Rename a file unless its new name is taken; `os.rename` would replace that file."""
    try:
        os.link(written, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))  # claims the name
        os.replace(written, path)
    else:
        written.unlink()


def _flush(path: Path) -> None:
    """Flush a file, or everything in a folder, to the disk."""
    for part in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if part.is_dir():
            sync_directory(part)
        elif part.is_file():
            sync_file(part)
