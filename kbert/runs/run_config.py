"""The settings of a run that is resumed or continued, perhaps from another folder."""

import dataclasses
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.config.train_config import read_settings
from kbert.data.reading.file_patterns import is_there
from kbert.errors import InputError
from kbert.findings import Call, Cure, Option
from kbert.interop.near_runs import near_runs
from kbert.interop.pretraining_run import is_pretraining
from kbert.interop.sources import find_source
from kbert.runs.beginning import STAGE, is_beginning
from kbert.runs.learning_rate_log import LOG
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.run_directory import TABLES, RunDirectory
from kbert.runs.run_record import lost_cure

_PATHS = ("data", "dev", "test", "preset", "parent")
# The layers that the parent reinitialized are trained by now.
_NOT_INHERITED = ("output", "parent", "allow", "reinit_layers")
_OF_SPLIT = ("dev_proportion", "seed_of_split", "group", "split_by_time", "folds", "fold")
FROM_PARENT = ("preset", "weights", "pooling", "head", "parent")
"""The settings that a run takes from the run that it continues."""


def run_config(run: RunDirectory) -> TrainConfig:
    """Return a run's settings; paths not found from here are taken from where it was started."""
    config = recorded_config(run)
    start = run.record.get("started_in")
    if start is None:
        return config
    given = {name: getattr(config, name) for name in _PATHS}
    moved: dict[str, Any] = {
        name: str(Path(start) / path)
        for name, path in given.items()
        if path is not None and not is_there(path) and is_there(Path(start) / path)
    }
    return replace(config, **moved)


def recorded_config(run: RunDirectory) -> TrainConfig:
    """Return a run's settings as they were recorded.

    kbert 0.1 also recorded settings that others made ineffective, which are refused today, and it
    gave each text a row of its own.
    """
    values = read_settings(run.path / "config.toml")
    values.setdefault("packing", "off")
    # As all heads were before there was a choice.
    values.setdefault("pooling", "cls")
    values.setdefault("head", "new")
    has_dev, decided = values.get("dev") is not None, values.get("task") is not None
    if has_dev or decided:
        values.pop("dev_proportion", None)
    elif values.get("dev_proportion") == 0:
        values.pop("monitor", None)
    return TrainConfig(**values)


def check_is_run(run: RunDirectory) -> None:
    """Raise InputError when there is no run at a path."""
    if not run.path.exists():
        raise InputError(
            "{run} does not exist. Pass the directory of a run.",
            run=run,
            cure=near_runs(run.path),
        )
    if is_beginning(run.path) and any(run.path.iterdir()):
        raise InputError(
            "{run} is a run that ended before its first step, with nothing to resume.",
            run=run,
            cure=Cure(
                note="start it again: {call}",
                values={"call": Call("train", "DATA", output=str(run))},
            ),
        )
    for name, other in (("config.toml", "run.json"), ("run.json", "config.toml")):
        if not (run.path / name).is_file() and not (run.path / STAGE / "run.json").is_file():
            if (run.path / other).is_file():
                raise InputError(
                    "{run} is a run without its {name}.",
                    run=run,
                    name=name,
                    cure=lost_cure(run.path),
                )
            raise InputError(
                "{run} is not a run directory: it has no {name}. Pass the directory of a run.",
                run=run,
                name=name,
                cure=near_runs(run.path),
            )


def check_tables(run: RunDirectory) -> None:
    """Raise InputError where a file that a resumed run writes cannot be replaced."""
    for name in (LOG, *TABLES):
        # Writing to a dangling link would create its target.
        if os.path.lexists(run.path / name) and not (run.path / name).is_file():
            raise InputError(
                "{file} is a folder, a pipe or a link to nothing; a file was expected.",
                file=run.path / name,
                cure=Cure(note="remove it"),
            )


def check_is_classifier(run: RunDirectory) -> None:
    """Raise InputError for a pretraining run, whose model has no classes to train further."""
    if is_pretraining(run.path):
        raise InputError(
            "{run} is a pretraining run, whose model has no classes yet.",
            run=run,
            cure=Cure(call=Call("train", "FILE", preset=str(run))),
        )


def with_parents_preset(config: TrainConfig) -> TrainConfig:
    """Return a run's settings with the preset that the weights of its parent once came from.

    Raises:
        InputError: another preset is given, which would not be used.
    """
    if config.parent is None:
        return config
    recorded = parent_settings(config.parent)
    defaults = {f.name: f.default for f in dataclasses.fields(TrainConfig)}
    true = {name: recorded.get(name, defaults[name]) for name in FROM_PARENT if name != "parent"}
    for name, value in true.items():
        if getattr(config, name) not in (value, defaults[name]):
            raise InputError(
                "{option} is not used: the weights are those of {run}. Leave out one of the two.",
                option=Option(name),
                run=config.parent,
            )
    return replace(config, **true)


def inherited_split(config: TrainConfig) -> RecordedSplit:
    """Return how a new run sets rows aside.

    The development set of a run that is trained further on the same data must not contain rows that
    the parent was trained on, so rows are set aside as the parent did. They are the very same rows
    where the settings of the split are the same.
    """
    if config.parent is None:
        return RecordedSplit()
    parent = RunDirectory(config.parent)
    if not (parent.path / "config.toml").is_file():
        return RecordedSplit()
    own = run_config(parent)
    if Path(own.data).resolve() != Path(config.data).resolve():
        return RecordedSplit()
    split = RecordedSplit.of(parent)
    same = all(getattr(own, name) == getattr(config, name) for name in _OF_SPLIT)
    return split if same else RecordedSplit(split.version)


def parent_settings(run: str | Path) -> dict[str, Any]:
    """Return the settings that a run passes on to a run that continues it.

    Raises:
        InputError: `run` is not a run directory, or contains no model yet.
    """
    parent = RunDirectory(run)
    check_is_run(parent)
    check_is_classifier(parent)
    find_source(run)  # raises where the run has no model yet
    settings = dataclasses.asdict(run_config(parent))
    return {k: v for k, v in settings.items() if v is not None and k not in _NOT_INHERITED}
