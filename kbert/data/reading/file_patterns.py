"""Patterns such as data/*.csv: the files that they match, as a shell would list them."""

import os
import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kbert.data.reading.unpacked import COMPRESSED
from kbert.data.shards.location import is_uri
from kbert.errors import InputError, KbertError
from kbert.findings import Cure, Joined, Message
from kbert.utils.file_errors import unreadable
from kbert.utils.shell_words import shell_word

_MARKS = re.compile(r"[*?[]")
_WILD = re.compile(r"\[[^]]*\]|[*?[]")
_DIGITS = re.compile(r"(\d+)")
_MAX_LISTED = 4


def is_pattern(source: Any) -> bool:
    """Return whether a path has the marks of a pattern, and nothing of that name exists."""
    if not isinstance(source, (str, Path)) or not _MARKS.search(str(source)):
        return False
    return not os.path.lexists(source)


def is_there(path: str | Path) -> bool:
    """Return whether a path exists, or matches something as a pattern."""
    if os.path.exists(path):
        return True
    try:
        return is_pattern(path) and any(True for _ in _matches(*_split(path)))
    except KbertError:  # a folder that may not be read
        return False


def matching_files(pattern: str | Path) -> list[Path]:
    """Return the files that a pattern matches, sorted, numbers in names by value.

    `*`, `?` and `[...]` work as in shells, and `**` matches any number of folders. Hidden files are
    matched only if the pattern names the dot. Links count as what they point to, but `**` does not
    follow them.

    Raises:
        InputError: it matches nothing, a folder, or one file by two names.
    """
    found = sorted(set(_matches(*_split(pattern))), key=_in_order)
    if not found:
        raise _no_match(pattern)
    entered = {folder for path in found for folder in path.parents}
    files = []
    for path in found:
        if not path.is_dir():
            files.append(path)
        elif path not in entered:  # else its files are matched too, as by data/**/*
            raise _matches_folder(pattern, path, files)
    _check_links(pattern, files)
    return files


def run_name(data: str | Path) -> str:
    """Return the name of a run, taken from its data: that of the file, or of the files."""
    path = Path(data)
    if is_uri(data):
        path = Path(urlsplit(str(data)).path)
    elif is_pattern(data):
        return _name_of_pattern(path)
    return path.stem or "data"


def _name_of_pattern(path: Path) -> str:
    stem = path.stem if path.suffix.lower() not in COMPRESSED else Path(path.stem).stem
    names = (_WILD.sub("", part).strip(" ._-/\\") for part in (stem, *reversed(path.parts[:-1])))
    return next(filter(None, names), "data")


def _split(pattern: str | Path) -> tuple[Path, list[str]]:
    """Return the folder that a pattern begins with, and the parts after it.

    Folders that exist are taken literally, even if their names have the marks of a pattern.
    """
    path = Path(pattern)
    folder = Path(path.anchor)
    parts = list(path.parts[1:] if path.anchor else path.parts)
    while parts and (not _MARKS.search(parts[0]) or os.path.lexists(folder / parts[0])):
        folder /= parts.pop(0)
    return folder, parts


def _matches(folder: Path, parts: Sequence[str]) -> Iterator[Path]:
    """Yield what the parts of a pattern match in a folder, in any order, perhaps repeatedly."""
    if not parts:
        if os.path.lexists(folder):
            yield folder
        return
    first, *rest = parts
    if first == "**":
        while rest[:1] == ["**"]:
            rest = rest[1:]
        for below in _folders(folder):
            yield from _matches(below, rest or ["*"])
        return
    if not _MARKS.search(first):
        names = [first] if os.path.lexists(folder / first) else []
    else:
        names = [name for name in _names(folder) if fnmatch(name, first)]
        names = [name for name in names if first.startswith(".") or not name.startswith(".")]
    for name in names:
        if not rest:
            yield folder / name
        elif (folder / name).is_dir():
            yield from _matches(folder / name, rest)


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise unreadable(folder, error) from error


def _folders(folder: Path) -> Iterator[Path]:
    """Yield a folder and those below it that are not hidden."""

    def refuse(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise unreadable(Path(error.filename), error) from error

    for top, names, _ in os.walk(folder, onerror=refuse):
        names[:] = [name for name in names if not name.startswith(".")]
        yield Path(top)


def _in_order(path: Path) -> tuple[Any, str]:
    """Return a sort key that puts part-2 before part-10."""
    parts = [_DIGITS.split(part) for part in path.parts]
    key = [[int(word) if at % 2 else word for at, word in enumerate(part)] for part in parts]
    return key, str(path)


def _no_match(pattern: str | Path) -> InputError:
    folder, parts = _split(pattern)
    folder = folder if parts else folder.parent
    suffix = Path(pattern).suffix
    near = sorted((n for n in _names(folder) if Path(n).suffix == suffix and n[0] != "."), key=str)
    cure = Cure(note="check the pattern")
    if str(pattern).startswith("~/"):
        word = f"~/{shell_word(str(pattern)[2:])}"
        note = "a shell does not expand ~ inside quotes, so write it before them: {word}"
        cure = Cure(note=note, values={"word": word})
    template = "There is no file {pattern}, and as a pattern it matches none."
    if near:
        template += " Files of that kind there: {near}."
    elif not folder.is_dir():
        template += " There is no folder {folder}."
    return InputError(
        template,
        pattern=pattern,
        near=_listed(near),
        folder=folder,
        cure=cure,
    )


def _matches_folder(pattern: str | Path, folder: Path, files: Sequence[Path]) -> InputError:
    path = Path(pattern)
    if files and not path.suffix and files[0].suffix:
        note = "a pattern that only the files match: {word}"
        word = shell_word(path.with_name(path.name + files[0].suffix))
    else:
        note = "a pattern that only files match; for the files in the folder: {word}"
        word = shell_word(folder / "*")
    return InputError(
        "The pattern {pattern} matches {folder}, which is a folder; only files are read.",
        pattern=pattern,
        folder=folder,
        cure=Cure(note=note, values={"word": word}),
    )


def _check_links(pattern: str | Path, files: Sequence[Path]) -> None:
    """Raise InputError if a file and a link to it match: its rows would count twice."""
    by_place: dict[str, Path] = {}
    for path in files:
        other = by_place.setdefault(os.path.realpath(path), path)
        if other is not path:
            raise InputError(
                "The pattern {pattern} matches one file twice: {first} and {second} lead to the "
                "same file.",
                pattern=pattern,
                first=other,
                second=path,
                cure=Cure(note="a pattern that leaves one of them out"),
            )


def _listed(names: Sequence[str]) -> str:
    more = [Message("... ({names} files)", names=len(names))] if len(names) > _MAX_LISTED else []
    return Joined([*names[:_MAX_LISTED], *more])
