"""What has happened to the data of a run since it was started."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kbert.data.reading.examples import Examples
from kbert.findings import Call, Cure, Finding, Joined, Message, Text
from kbert.interop.pretraining_run import is_pretraining
from kbert.runs.run_directory import RunDirectory

_MAX_LISTED = 3


def changed_data(run: RunDirectory, examples: Examples, recorded: Mapping[str, Any]) -> Finding:
    """Return the finding that a set is no longer what a run was started with.

    Args:
        run: RunDirectory.
        examples: Examples. The set as it is now.
        recorded: dict. The entry of the set in run.json.
    """
    was = recorded.get("files")
    new: list[str] = []
    gone: list[str] = []
    if examples.files and isinstance(was, list):
        new, gone = _compare([f.name for f in examples.files], was, run.record.get("started_in"))
    if new:
        template = "{source} matches files that were not there when {run} was started: {new}."
        note = "move them away, or train further on all: {call}"
    elif gone:
        template = "{source} no longer matches {gone}, with which {run} was started."
        note = "put them back, or train further on the others: {call}"
    elif examples.files:
        template = "The files of {source} have changed since {run} was started."
        note = "restore them, or train further on the new ones: {call}"
    else:
        template = "{source} has changed since {run} was started."
        note = "restore the file, or train further on the new one: {call}"
    further = Call("continue", run.path, data="DATA", output="NEW")
    if is_pretraining(run.path):
        further = Call("pretrain", "TEXTS", preset=str(run), output="NEW")
    return Finding(
        "data-differs",
        "error",
        template,
        Cure(note=note, values={"call": further}),
        {"source": examples.source, "run": run, "new": _listed(new), "gone": _listed(gone)},
    )


def _compare(
    now: Iterable[str], was: Iterable[Any], started_in: str | None
) -> tuple[list[str], list[str]]:
    """Return the files that are new, and those that are gone."""
    before = {_absolute(name, started_in): name for name in map(str, was)}
    present = {_absolute(name, None): name for name in now}
    new = [name for place, name in present.items() if place not in before]
    return new, [name for place, name in before.items() if place not in present]


def _absolute(name: str, folder: str | None) -> str:
    return os.path.abspath(Path(folder or "") / name)


def _listed(names: list[str]) -> Text:
    shown = Joined(names[:_MAX_LISTED])
    if len(names) <= _MAX_LISTED:
        return shown
    return Message("{shown} and {more} more", shown=shown, more=len(names) - _MAX_LISTED)
