"""What a path may mean at which there is nothing."""

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
    """Return paths of a kind that a path may mean: the one that it is inside, or similar names.

    Args:
        path: Path.
        folders: sequence of iterables of Path. Where to look: the first come first.
        is_one: function of a path. Whether it is of the kind.
        newest: function that returns some of the paths of one place, where no name is similar.
        most: int. How many similar names.
        similar: bool. Whether to return nothing where no name is similar.
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
    """Return when a file was changed, in seconds; 0 where that cannot be told."""
    with suppress(OSError):
        return file.stat().st_mtime
    return 0.0


def _found_in(folders: Iterable[Path], is_one: Callable[[Path], bool]) -> list[Path]:
    """Return the paths of the kind in folders; none of one that is missing or may not be read."""
    found = []
    for folder in folders:
        with suppress(OSError):
            found += sorted(path for path in folder.iterdir() if is_one(path))
    return found
