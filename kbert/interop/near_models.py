"""The models to suggest for a path at which there is none: runs and exports."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from kbert.errors import KbertError
from kbert.findings import Cure
from kbert.interop.near_paths import modified, near_paths
from kbert.interop.near_runs import near_runs
from kbert.interop.pretraining_run import is_pretraining
from kbert.utils.untrusted import read_json

_RECORD, _PROGRAM, _CONFIG = "run.json", "kbert.json", "config.json"
_CLASSES = ("labels", "id2label")  # in a configuration with a head
# Where `train` puts runs, and where exports are often put.
_USUAL = (Path(), Path("runs"), Path("exports"))
_MOST = 4


def near_models(path: str | Path, *, similar: bool = False) -> Cure | None:
    """Return a cure that names models that predict, for a path without one; None if none is found.

    It looks for runs and exports in the path, beside it, and in this folder, runs/ and exports/. It
    names those with a similar name, else the newest in the first of these places that has any. If
    there are none, it names runs without a model.

    Args:
        path: str or Path.
        similar: bool. Whether to name only models with a similar name. Defaults to False.
    """
    path = Path(path)
    # A name without a folder lies in this folder, which is among the usual ones.
    beside = [] if path.parent == Path() else [[path.parent]]
    folders = [[path], *beside, _USUAL]
    models = near_paths(path, folders, _is_model, _newest, most=_MOST, similar=similar)
    if not models:
        return near_runs(path, similar=similar)
    return Cure(
        note="name an existing model: {models}",
        values={"models": " or ".join(map(str, models))},
    )


def _newest(models: Sequence[Path]) -> list[Path]:
    """Return the newest models: as many runs as exports, if there are enough of both."""
    runs, exports = (
        sorted((m for m in models if _is_run(m) == is_run), key=_age) for is_run in (True, False)
    )
    half = _MOST // 2
    return [*runs[: max(half, _MOST - len(exports))], *exports[: max(half, _MOST - len(runs))]]


def _is_model(path: Path) -> bool:
    """Whether a path appears to hold a model that predicts."""
    with suppress(KbertError, OSError):
        if _is_run(path):
            return (path / "model" / _CONFIG).is_file() and not is_pretraining(path)
        if (path / _PROGRAM).is_file() or (path.suffix == ".keras" and path.is_file()):
            return True
        if (path / _CONFIG).is_file():
            return any(read_json(path / _CONFIG).get(name) for name in _CLASSES)
    return False


def _is_run(path: Path) -> bool:
    return (path / _RECORD).is_file()


def _age(model: Path) -> float:
    files = (model / name for name in (_RECORD, _PROGRAM, _CONFIG))
    return -modified(next(filter(Path.is_file, files), model))
