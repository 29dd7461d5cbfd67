"""The runs that a path which does not exist may mean."""

import difflib
from contextlib import suppress
from pathlib import Path

from kbert.findings import Cure

_RECORD = "run.json"
_RUNS = Path("runs")  # where `train` puts them
_MAX_NAMED = 3


def near_runs(path: str | Path, *, similar: bool = False) -> Cure | None:
    """Return a cure that names runs, for a path at which there is none, or None without any.

    They are looked for above and below the path, beside it, in this folder and in runs/. Of those
    that have a similar name, these are named, else the newest of the first of these places.

    Args:
        path: str or Path.
        similar: bool. Whether to name only runs with a similar name. Defaults to False.
    """
    path = Path(path)
    places = [_runs_in(folder) for folder in (path, path.parent, Path(), _RUNS)]
    found = {run.name: run for place in reversed(places) for run in place}
    runs = [found[name] for name in difflib.get_close_matches(path.name, found, _MAX_NAMED)]
    if (path.parent / _RECORD).is_file():
        runs = [path.parent]
    if not runs and not similar:
        runs = sorted(next(filter(None, places), []), key=_age)[:_MAX_NAMED]
    if not runs:
        return None
    return Cure(
        note="name a run that is there: {runs}", values={"runs": " or ".join(map(str, runs))}
    )


def _runs_in(folder: Path) -> list[Path]:
    with suppress(OSError):  # no folder, or one that may not be read
        return sorted(path for path in folder.iterdir() if (path / _RECORD).is_file())
    return []


def _age(run: Path) -> float:
    with suppress(OSError):
        return -(run / _RECORD).stat().st_mtime
    return 0.0
