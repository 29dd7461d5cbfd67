"""Continue a run in a new one: weights kept, optimizer and plan fresh."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kbert.backend import processes
from kbert.config import TrainConfig
from kbert.config.model_options import OF_WINDOWS
from kbert.config.shard_options import OF_SHARDS
from kbert.config.train_config import OF_OWN_DEV, TASK_DECIDES
from kbert.data.reading.file_patterns import is_pattern
from kbert.data.shards.location import is_store
from kbert.errors import InputError, allowed_in
from kbert.findings import Call, Cure, Option
from kbert.runs.beginning import is_beginning
from kbert.runs.changed_settings import changed_settings
from kbert.runs.given_callbacks import CallbackLike, GivenCallbacks
from kbert.runs.run_claim import claimed_run
from kbert.runs.run_config import FROM_PARENT, parent_settings
from kbert.runs.run_directory import RunDirectory, next_free
from kbert.runs.shared_run import shared_run, written
from kbert.runs.train import checked, train_into
from kbert.utils.say import verbosity


def continue_training(
    run: str | Path,
    output: str | Path | None = None,
    *,
    callbacks: Sequence[CallbackLike] = (),
    verbose: int = 1,
    **changes: Any,
) -> RunDirectory:
    """Train a run's model further, in a new directory with a new plan, and return the new run.

    Training starts from the run's best weights, which it has kept. The optimizer starts from
    scratch: its moments are zero, and its first update is the first of the new plan's warmup. The
    new run records its parent, and the parent's updates and result.

    Args:
        run: str or Path. The parent, a finished or stopped run.
        output: str or Path or None. The new run's directory, which must not exist. Defaults to
            None: the next free `RUN-N` beside the parent.
        callbacks: sequence of your own callbacks, as in `train`; the parent's callbacks are not
            used again. Defaults to ().
        verbose: int. 0 prints nothing. Defaults to 1.
        **changes: settings of `TrainConfig` that replace the parent's, such as `epochs=2` or
            `data="more.csv"`.

    Raises:
        KbertError: the parent contains no model, the output exists, or `train` raises one.

    Example:

    ```python
    second = continue_training("runs/a", "runs/b", epochs=2, learning_rate=2e-5)
    assert second.record["parent"]["run"] == "runs/a"
    ```
    """
    settings = changed_settings(_inherited(run, changes), changes)
    settings["parent"] = str(run)
    free = next_free(Path(run).parent, Path(run).name)
    given = None if output is None else str(output)
    output = free if output is None else Path(output)
    if os.path.lexists(output) and not is_beginning(output):
        raise InputError(
            "{output} already exists, and a continued run needs a directory of its own: in the "
            "old one the optimizer is at the end of its plan, at learning rate 0.",
            output=output,
            cure=Cure({"output": str(free)}),
        )
    if Path(run).resolve() in output.resolve().parents:
        raise InputError(
            "{output} lies inside the run {run}. Name a directory beside it.",
            output=output,
            run=run,
            cure=Cure({"output": str(free)}),
        )
    config = checked(TrainConfig(**{**settings, "output": given}))
    own = GivenCallbacks(callbacks, config)
    folder, name = Path(run).parent, Path(run).name
    with (
        verbosity(processes.level_of(verbose)),
        allowed_in("kbert.continue_training(..., {})"),
        shared_run(claimed_run(given, folder=folder, name=name)) as new,
    ):
        train_into(new, config, own)
    return written(new)


def _inherited(run: str | Path, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parent's settings, without those that the changes replace."""
    for name in FROM_PARENT:
        if name in changes:
            raise InputError(
                "{option} is not used: the weights are those of {run}.",
                option=Option(name),
                run=run,
                cure=Cure(
                    note="to start from other weights: {call}",
                    values={"call": Call("train", "DATA", preset="MODEL")},
                ),
            )
    settings = parent_settings(run)
    if "task" in changes:
        replaced: tuple[str, ...] = TASK_DECIDES
    elif "data" in changes and (is_pattern(changes["data"]) or Path(changes["data"]).is_file()):
        replaced = ("task",)  # the data of a task are a folder
    else:
        replaced = ()
    replaced += ("packing",)  # chosen again for the new data and batches
    if "data" in changes and not is_store(changes["data"]):
        replaced += OF_SHARDS
    if changes.get("long_text", "windows") != "windows":
        replaced += OF_WINDOWS
    settings = {name: value for name, value in settings.items() if name not in replaced}
    if "dev" in changes:
        settings = {name: v for name, v in settings.items() if name not in OF_OWN_DEV}
    elif "dev_proportion" in changes:
        settings.pop("dev", None)
    return _with_split_seed(settings, changes)


def _with_split_seed(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings that set the same rows aside if only the seed changes."""
    changed = {**settings, **changes}
    sets_aside = changed.get("dev") is None and changed.get("task") is None
    if not sets_aside or changed.get("dev_proportion") == 0:
        own = ("split_seed", "split_by_time")
        return {name: value for name, value in settings.items() if name not in own}
    if changed.get("split_by_time") is not None:
        return dict(settings)
    # With only the seed changed, evaluation would use rows that the parent was trained on.
    return {**settings, "split_seed": settings.get("split_seed", settings["seed"])}
