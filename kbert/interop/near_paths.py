"""The paths to suggest for one at which there is nothing."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path


def near_paths(
    path: Path,
    folders: Sequence[Iterable[Path]],
    is_one: Callable[[Path], bool],
    newest: Callable[[Sequence[Path]], Sequence[Path]],
    *,
    most: int,
    similar: bool,
) -> Sequence[Path]:
    """Return paths of a kind to suggest for a path: the one that it is inside, or similar names.

    Args:
        path: Path.
        folders: sequence of iterables of Path. Where to look, in order of priority.
        is_one: function of a path. Whether it is of the kind.
        newest: function that returns some of the paths of one place, used if no name is similar.
        most: int. The maximum number of similar names.
        similar: bool. Whether to return nothing if no name is similar.
    """
    if is_one(path.parent):
        return [path.parent]
    places = [_found_in(several, is_one) for several in folders]
    found = {one.name: one for place in reversed(places) for one in place}
    names = difflib.get_close_matches(path.name, found, most)
    if names or similar:
        return [found[name] for name in names]
    return newest(next(filter(None, places), []))


def modified(file: Path) -> float:
    """Return when a file was last changed, in seconds; 0 if that is unknown."""
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def _found_in(folders: Iterable[Path], is_one: Callable[[Path], bool]) -> list[Path]:
    """Return the paths of the kind in folders; a missing or unreadable folder has none."""
    found = []
    for folder in folders:
        with suppress(OSError):
            found += sorted(path for path in folder.iterdir() if is_one(path))
    return found
