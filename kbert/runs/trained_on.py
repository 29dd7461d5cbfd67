"""Whether rows are among those that a run was trained on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kbert.data.inspection.duplicates import overlap, text_keys
from kbert.data.reading.examples import Examples
from kbert.data.shards.stored_examples import StoredExamples
from kbert.errors import KbertError
from kbert.findings import Cure, Finding
from kbert.runs.read_sets import read_sets
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.utils.wording import count_noun

_MAX_ANCESTORS = 20


def trained_on(run: str | Path, examples: Examples) -> Finding | None:
    """Return a finding if rows occur in the training set of a run, or of one that it continues.

    The sets are read again, where their files are still there and have not changed; a set that is
    identical to the training set is recognized by its fingerprint alone.

    Args:
        run: str or Path. A run directory, or the model in it; nothing is found for another model.
        examples: Examples. The rows that are to be scored.
    """
    keys = text_keys(examples)
    found = [(_shared(directory, examples, keys), directory) for directory in _lineage(run)]
    shared, directory = max(found, key=lambda pair: pair[0], default=(0, None))
    if not shared:
        return None
    return Finding(
        "trained-on",
        "warning",
        "{shared} of {source} ({share:.0%}) occur in the training set of {run}: the scores measure "
        "how much of it was memorized.",
        Cure(note="evaluate on rows that the run was not trained on"),
        {
            "shared": count_noun(shared, "row"),
            "source": examples.source,
            "share": shared / len(examples),
            "run": directory,
        },
    )


def _lineage(run: str | Path) -> Iterator[RunDirectory]:
    """Yield a run and those that it continues, as far as they are still there."""
    path: Any = run
    for _ in range(_MAX_ANCESTORS):
        directory = _run_of(path)
        if directory is None:
            return
        yield directory
        parent = directory.readable_record.get("parent")
        path = parent.get("run") if isinstance(parent, dict) else None
        if not isinstance(path, str):
            return
        start = directory.readable_record.get("started_in")
        if not Path(path).exists() and isinstance(start, str):
            path = str(Path(start) / path)


def _run_of(path: str | Path) -> RunDirectory | None:
    """Return the run in a folder, or the one whose model it is."""
    for folder in (Path(path), Path(path).absolute().parent):
        if (folder / "config.toml").is_file():
            return RunDirectory(folder)
        if Path(path).name != "model":
            return None
    return None


def _shared(run: RunDirectory, examples: Examples, keys: Any) -> int:
    """Return how many of the rows occur in a run's training set, or 0 where that is not known."""
    data = run.readable_record.get("data")
    recorded = data.get("train") if isinstance(data, dict) else None
    fingerprint = recorded.get("sha256") if isinstance(recorded, dict) else None
    if fingerprint is None:
        return 0
    if fingerprint == examples.fingerprint:
        return len(examples)
    try:
        training, _ = read_sets(run_config(run), split=RecordedSplit.of(run))
    except (KbertError, OSError):
        return 0
    if training.fingerprint != fingerprint or isinstance(training, StoredExamples):
        return 0  # the training set is gone, or has no texts
    return overlap(text_keys(training), keys)
