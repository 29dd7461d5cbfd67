"""The runs to suggest for a path that does not exist."""

from collections.abc import Sequence
from pathlib import Path

from kbert.findings import Cure
from kbert.interop.near_paths import modified, near_paths

_RECORD = "run.json"
_RUNS = Path("runs")  # where `train` puts them
_MAX_NAMED = 3


def near_runs(path: str | Path, *, similar: bool = False) -> Cure | None:
    """Return a cure that names runs, for a path at which there is none; None if none is found.

    It looks for them above and below the path, beside it, in this folder and in runs/. It names
    those with a similar name, else the newest in the first of these places that has any.

    Args:
        path: str or Path.
        similar: bool. Whether to name only runs with a similar name. Defaults to False.
    """
    path = Path(path)
    folders = [[folder] for folder in (path, path.parent, Path(), _RUNS)]
    runs = near_paths(path, folders, _is_run, _newest, most=_MAX_NAMED, similar=similar)
    if not runs:
        return None
    return Cure(note="name an existing run: {runs}", values={"runs": " or ".join(map(str, runs))})


def _is_run(path: Path) -> bool:
    return (path / _RECORD).is_file()


def _newest(runs: Sequence[Path]) -> list[Path]:
    return sorted(runs, key=lambda run: -modified(run / _RECORD))[:_MAX_NAMED]
