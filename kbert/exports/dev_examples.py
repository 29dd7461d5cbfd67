"""The development set that a run was chosen by, read again."""

from collections.abc import Callable
from pathlib import Path

from kbert.config import ReadingOptions
from kbert.data.examples import Examples
from kbert.data.labels import Labels
from kbert.errors import KbertError
from kbert.runs.preparation import read_sets
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory


def dev_examples(
    run: Path,
    labels: Labels,
    dev: str | None,
    reading: ReadingOptions | None,
    report: Callable[[str], None],
) -> Examples | None:
    """Return labelled rows that a run was not trained on, or None where there are none.

    Args:
        run: Path. The run directory; a model folder has no such rows.
        labels: Labels. The model's.
        dev: str or None. A file to read in place of the run's.
        reading: ReadingOptions or None. How `dev` is read; None for as the run's data.
        report: function of str. It is told why there are none.
    """
    has_config = (run / "config.toml").is_file()
    config = run_config(RunDirectory(run)) if has_config else None
    if dev is not None:
        return (reading or config or ReadingOptions()).read(dev, labels=labels)
    if config is None:
        return None
    try:
        return read_sets(config, labels)[1].get("dev")
    except KbertError as error:
        report(f"The run's development set is not read again: {error}")
        return None
