"""The development set to compare an export on."""

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError, KbertError
from kbert.findings import Joined, Option, worded
from kbert.runs.read_sets import read_sets
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.trained_on import trained_on
from kbert.targets.labels import Labels
from kbert.utils.say import say

_READING = frozenset(field.name for field in fields(ReadingOptions))


def dev_examples(
    run: Path, labels: Labels, dev: str | Path | Examples | None, reading: Mapping[str, Any]
) -> Examples | None:
    """Return labelled rows that a run was not trained on, or None where there are none.

    Args:
        run: Path. The run directory; a model folder has no such rows.
        labels: Labels. The model's.
        dev: str or Path, Examples or None. What to take in place of the run's development set; a
            file is read like the run's data.
        reading: dict. How to read the file where it differs from the run's data, by the names of
            `ReadingOptions`.

    Raises:
        InputError: the file cannot be read, or the examples have other labels.
    """
    for name in reading:
        if name not in _READING:
            raise TypeError(f"export() got an unexpected keyword argument {name!r}")
    if reading and not isinstance(dev, (str, Path)):
        raise InputError(
            "{reading} is for a file given by {dev}. Name the file.",
            reading=Joined(str(Option(name)) for name in reading),
            dev=Option("dev"),
        )
    if isinstance(dev, Examples):
        if dev.labels is None or dev.labels.names != labels.names:
            raise InputError(
                "{dev} was read with labels other than the model's {names}.",
                dev=Option("dev"),
                names=labels.names,
            )
        return dev
    directory = RunDirectory(run)
    config = run_config(directory) if (run / "config.toml").is_file() else None
    if dev is not None:
        options: ReadingOptions = replace(config or ReadingOptions(), **reading)
        found = options.read(str(dev), labels=labels, need_split=False)
        say(str(found))
        finding = trained_on(run, found)
        if finding is not None:
            say(str(finding), to="stderr")
        return found
    if config is None:
        return None
    try:
        again = read_sets(config, labels, RecordedSplit.of(directory))[1].get("dev")
    except KbertError as error:
        say(worded("The run's development set cannot be read again: {error}", error=error))
        return None
    recorded = directory.readable_record.get("data", {}).get("dev", {}).get("sha256")
    if again is not None and recorded not in (None, again.fingerprint):
        say(
            worded(
                "{source} has changed since the run was trained and is not used for the "
                "comparison: its development set may contain rows that the run was trained on. "
                "To compare on other rows: {dev}",
                source=again.source,
                dev=Option("dev", "FILE"),
            )
        )
        return None
    return again
