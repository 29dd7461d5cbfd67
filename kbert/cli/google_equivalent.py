"""The kbert commands that do what a `run_classifier.py` command does."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from kbert.choices import Task
from kbert.data.reading.task_layouts import TASKS
from kbert.errors import KbertError
from kbert.findings import Call, Option, worded
from kbert.interop.sources import find_source
from kbert.plans.google_command import GoogleCommand
from kbert.runs.run_directory import next_free
from kbert.utils.publish import is_free

_RELEASE = "bert_model.ckpt"
# The script takes full paths of these files; kbert looks for them in a folder, by these names.
_IN_FOLDER = {"bert_config_file": "bert_config.json", "vocab_file": "vocab.txt"}


@dataclass(frozen=True)
class GoogleEquivalent:
    """What to type in place of a `run_classifier.py` command.

    Args:
        before: tuple of Call. The commands to run first.
        train: Call. The training command.
        notes: tuple of str. What differs, or has no equivalent.
    """

    before: tuple[Call, ...]
    train: Call
    notes: tuple[str, ...]

    @classmethod
    def from_flags(
        cls,
        command: GoogleCommand,
        values: Mapping[str, Any],
        data: str | None,
        reading: Mapping[str, Any],
    ) -> "GoogleEquivalent":
        """Return the equivalent of a command.

        Args:
            command: GoogleCommand. The plan of its flags.
            values: dict. Its flags, by their names in the script.
            data: str or None. The training file, if it is named apart from the flags.
            reading: dict. How that file is read.
        """
        notes: list[str] = []
        settings: dict[str, Any] = {}
        task = str(values.get("task_name", "")).lower()
        if task in get_args(Task) and "data_dir" in values:
            data, settings["task"] = values["data_dir"], task
        else:
            # The script trains on all rows of its file; kbert would set a tenth aside.
            settings |= {**reading, "dev_proportion": 0}
            if task:
                notes.append(_why_no_task(task, values))
            dev = Option("dev", "FILE")
            notes.append(
                worded(
                    "all rows are trained on, as in the script; to evaluate after each "
                    "epoch: {dev}",
                    dev=dev,
                )
            )
        settings |= command.kbert_settings()
        before = _model(values, settings, notes)
        if "save_checkpoints_steps" in values:
            settings["checkpoint_steps"] = max(values["save_checkpoints_steps"], 1)
        if "output_dir" in values:
            settings["output"] = _free(values["output_dir"])
        if not values.get("do_train", True):
            notes.append(worded("with --do_train=false the script trains nothing"))
        return cls(tuple(before), Call("train", data or "FILE", **settings), tuple(notes))


def _why_no_task(task: str, values: Mapping[str, Any]) -> str:
    if task in get_args(Task):
        return worded("the task {task} is read from a folder: --data_dir is missing", task=task)
    return worded(
        "kbert does not know the task {task!r}: name the training file and its columns", task=task
    )


def _free(path: str) -> str:
    """Return a path for a new run: kbert does not train into an existing one."""
    place = Path(path)
    return path if is_free(place) else str(next_free(place.parent, place.name))


def _model(values: Mapping[str, Any], settings: dict[str, Any], notes: list[str]) -> list[Call]:
    """Set the preset that the flags name, and return the commands to run first."""
    checkpoint = values.get("init_checkpoint")
    named = [Path(values[flag]).parent for flag in _IN_FOLDER if flag in values]
    folder = named[0] if named else None if checkpoint is None else Path(checkpoint).parent
    if folder is None:
        return []
    for flag, name in _IN_FOLDER.items():
        if flag in values and Path(values[flag]) != folder / name:
            notes.append(
                worded(
                    "kbert reads only {file}: put {other} there",
                    file=folder / name,
                    other=values[flag],
                )
            )
    settings["preset"] = str(folder)
    if checkpoint is None:
        settings["weights"] = "random"
        notes.append(worded("without --init_checkpoint the script starts from random weights"))
        return []
    converted: dict[str, Any] = {}
    source = Path(checkpoint).parent
    if source != folder:
        converted["base"] = str(folder)
        if "task" in settings:  # the script's output has a head, whose classes have only numbers
            converted["labels"] = TASKS[settings["task"]].labels
        else:
            notes.append(
                worded(
                    "name the classes of {source} in their order: {labels}",
                    source=source,
                    labels=Option("labels"),
                )
            )
    elif not Path(checkpoint).name.startswith(_RELEASE):
        notes.append(worded("kbert reads the newest checkpoint in {source}", source=source))
    if "do_lower_case" in values and _lowercase(folder) is not values["do_lower_case"]:
        converted["lowercase"] = values["do_lower_case"]
    if not converted:
        return []
    settings["preset"] = str(next_free(source.parent, f"{source.name}-kbert"))
    return [Call("import", source, **converted, output=settings["preset"])]


def _lowercase(folder: Path) -> bool | None:
    """Return whether kbert treats a release as lower-case, or None if it cannot be read."""
    try:
        return find_source(folder).tokenizer().lowercase
    except (KbertError, OSError):
        return None
