"""A second training: weights kept, optimizer fresh, a plan of its own."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.runs.parent import parent_config, parent_settings
from kbert.runs.run_directory import RunDirectory, next_free
from kbert.runs.train import train


def continue_training(
    run: str | Path,
    output: str | Path,
    *,
    report: Callable[[str], None] = print,
    **changes: Any,
) -> RunDirectory:
    """Train a run's model further, in a new directory with a new plan, and return it.

    The weights are those that the run has kept, its best. The optimizer begins anew: its moments
    are zero, and its first update is the first of the new plan's warmup. The new run notes its
    parent, the parent's updates and its result.

    Args:
        run: str or Path. The parent, a finished or stopped run.
        output: str or Path. The new run's directory, which must not exist.
        report: function of str. Defaults to `print`.
        **changes: settings of `TrainConfig`, over those of the parent, such as `epochs=2` or
            `data="more.csv"`.

    Raises:
        KbertError: the parent has no model, the output exists, or as of `train`.

    Example:

    ```python
    second = continue_training("runs/a", "runs/b", epochs=2, learning_rate=2e-5)
    assert second.record["parent"]["run"] == "runs/a"
    ```
    """
    settings = {**parent_settings(run), **changes, "output": str(output)}
    return continue_run(run, TrainConfig(**settings), report)


def continue_run(
    run: str | Path, config: TrainConfig, report: Callable[[str], None] = print
) -> RunDirectory:
    """Train a run's model further as `config` says, and return the new run."""
    parent_config(run)  # for its messages
    output = config.output or str(next_free(Path(run).parent, Path(run).name))
    if Path(output).exists() and not _is_empty_folder(Path(output)):
        raise InputError(
            "{output} already holds something, and a second training needs a directory of its "
            "own: in the old one the optimizer stands at the end of its plan, at learning rate "
            "0. Name another: --output {next_free}",
            output=output,
            next_free=next_free(Path(run).parent, Path(run).name),
        )
    if Path(run).resolve() in Path(output).resolve().parents:
        raise InputError(
            "{output} lies inside the run {run}. Name a directory beside it: --output {next_free}",
            output=output,
            run=run,
            next_free=next_free(Path(run).parent, Path(run).name),
        )
    return train(replace(config, output=output, parent=str(run)), report)


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
