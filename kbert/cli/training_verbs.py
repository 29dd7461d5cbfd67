"""Verbs that train."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from kbert.choices import Backend
from kbert.cli.app import app
from kbert.config import TrainConfig


@app.command
def train(
    config: Annotated[TrainConfig, Parameter(name="*")],
    *,
    settings: Annotated[str | None, Parameter(name="--config")] = None,
) -> None:
    """Train a classifier on a labelled file.

    Parameters
    ----------
    settings
        A TOML file with any of these settings, as a run's config.toml; flags override it.
    """
    from kbert.cli.show_next import show_next
    from kbert.runs.train import train as train_run

    show_next(train_run(config))


@app.command
def resume(
    run: Path,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    gradient_accumulation_steps: int | None = None,
    learning_rate: float | None = None,
    warmup_proportion: float | None = None,
    scale_epochs: bool = False,
    checkpoint: str | None = None,
    checkpoint_steps: int | None = None,
    checkpoint_minutes: float | None = None,
    keep_checkpoints: int | None = None,
    allow: tuple[str, ...] = (),
    backend: Backend | None = None,
) -> None:
    """Go on with an interrupted run from its last checkpoint, also with a changed plan.

    Parameters
    ----------
    run
        The run directory.
    epochs
        Another number of epochs, those that are done counted.
    batch_size
        Another number of rows per batch.
    gradient_accumulation_steps
        Another number of batches per update.
    learning_rate
        Another highest learning rate.
    warmup_proportion
        Another share of the updates spent on warmup.
    scale_epochs
        Make the epochs so many that the new plan has as many updates as the old one.
    checkpoint
        An earlier checkpoint to go back to, by its name; the last one without it.
    checkpoint_steps
        Leave a checkpoint after so many batches.
    checkpoint_minutes
        Leave a checkpoint after so many minutes.
    keep_checkpoints
        How many checkpoints to keep.
    allow
        Codes of differences from the checkpoint that are not to stop it, such as data-differs.
    backend
        What Keras runs on.
    """
    from kbert.cli.show_next import show_next
    from kbert.runs.resume import resume as resume_run

    changes: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "gradient_accumulation_steps": gradient_accumulation_steps,
        "learning_rate": learning_rate,
        "warmup_proportion": warmup_proportion,
        "checkpoint_steps": checkpoint_steps,
        "checkpoint_minutes": checkpoint_minutes,
        "keep_checkpoints": keep_checkpoints,
        "backend": backend,
    }
    show_next(
        resume_run(run, scale_epochs=scale_epochs, checkpoint=checkpoint, allow=allow, **changes)
    )


@app.command(name="continue")
def continue_(run: Path, config: Annotated[TrainConfig, Parameter(name="*")]) -> None:
    """Train a run's model further in a new directory: weights kept, optimizer and plan fresh.

    Every setting that is not given is that of the run.

    Parameters
    ----------
    run
        The run directory whose model to start from.
    """
    from kbert.cli.show_next import show_next
    from kbert.runs.continue_training import continue_run

    show_next(continue_run(run, config))
