"""The development set that a run was chosen by, read again."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.data.reading.labels import Labels
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError, KbertError
from kbert.runs.prepare import read_sets
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory


def dev_examples(
    run: Path,
    labels: Labels,
    dev: str | None,
    reading: Mapping[str, Any],
    report: Callable[[str], None],
) -> Examples | None:
    """Return labelled rows that a run was not trained on, or None where there are none.

    Args:
        run: Path. The run directory; a model folder has no such rows.
        labels: Labels. The model's.
        dev: str or None. A file to read in place of the run's.
        reading: dict. How `dev` is read other than the run's data was, by the names of
            `ReadingOptions`.
        report: function of str. It is told what was read, or why there is nothing.
    """
    directory = RunDirectory(run)
    config = run_config(directory) if (run / "config.toml").is_file() else None
    if dev is not None:
        options: ReadingOptions = replace(config or ReadingOptions(), **reading)
        found = options.read(dev, labels=labels)
        report(str(found))
        return found
    if reading:
        raise InputError(
            "{reading} are for the file of --dev FILE.",
            reading=", ".join(f"--{n}" for n in reading),
        )
    if config is None:
        return None
    try:
        again = read_sets(config, labels)[1].get("dev")
    except KbertError as error:
        report(f"The run's development set is not read again: {error}")
        return None
    recorded = directory.record.get("data", {}).get("dev", {}).get("sha256")
    if again is not None and recorded not in (None, again.fingerprint):
        report(
            f"{again.source} has changed since the run was trained, and is not compared on: rows "
            "that it was trained on may be among the development set's. Name other rows: --dev FILE"
        )
        return None
    return again
