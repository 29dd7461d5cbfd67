"""Verbs about data and the plan, which train nothing."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from kbert.choices import Backend
from kbert.cli.app import Planning, Reading, app
from kbert.config import TrainConfig
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError
from kbert.plans.plan_options import PlanOptions


@app.command
def inspect(
    data: str,
    *,
    dev: str | None = None,
    preset: str = "minilm",
    max_length: int = 128,
    plot: Path | None = None,
    json: bool = False,
    reading: Reading = ReadingOptions(),  # noqa: B008 (frozen)
) -> int:
    """Show what is in labelled data, and what will hurt; trains nothing.

    Parameters
    ----------
    data
        The labelled file: CSV, TSV, JSON Lines or Parquet.
    dev
        A second file, whose rows should not stand in the first.
    preset
        The model whose tokens are counted.
    max_length
        The most tokens that the model is to read.
    plot
        A file to draw the classes of the batches in, through a shuffle buffer of 100 and in full.
    json
        Print JSON for a machine.
    """
    from kbert.cli.inspect_files import inspect_files

    return inspect_files(data, dev, preset, max_length, reading, plot=plot, as_json=json)


@app.command
def plan(
    data: str | None = None,
    *,
    examples: int | None = None,
    google_flags: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    global_step: int = 0,
    time: bool = False,
    plot: Path | None = None,
    json: bool = False,
    dev: str | None = None,
    dev_proportion: float = 0.1,
    preset: str = "minilm",
    max_length: int = 128,
    backend: Backend | None = None,
    planning: Planning = PlanOptions(),  # noqa: B008
    reading: Reading = ReadingOptions(),  # noqa: B008
) -> int:
    """Show steps, warmup, learning rates and what is wrong with them; trains nothing.

    Parameters
    ----------
    data
        The labelled file; without it, say how many --examples.
    examples
        Rows of the training set, in place of a file.
    google_flags
        The flags of a run_classifier.py command: tell what that would do.
    global_step
        The step that the command's output directory has reached.
    time
        Time a few training steps, on this machine, and estimate the whole.
    plot
        A file to draw the learning rate in, such as plan.png.
    json
        Print JSON for a machine.
    dev
        The development file; without it, a share of the data is set aside.
    dev_proportion
        That share.
    preset
        The model to time.
    max_length
        The most tokens of a text, when timing.
    backend
        What Keras runs on, when timing.
    """
    from kbert.cli.show_plan import show_google_plan, show_plan

    if google_flags is None and global_step:
        raise InputError("--global-step is read beside --google-flags only.")
    if google_flags is not None and planning != PlanOptions():
        raise InputError(
            "--google-flags has settings of its own: write them there, as --train_batch_size=64."
        )
    if google_flags is not None:
        return show_google_plan(google_flags, data, examples, global_step, reading, as_json=json)
    settings = {
        **{name: getattr(planning, name) for name in PlanOptions.__dataclass_fields__},
        **{name: getattr(reading, name) for name in ReadingOptions.__dataclass_fields__},
    }
    config = TrainConfig(
        data=data or "",
        dev=dev,
        dev_proportion=dev_proportion,
        preset=preset,
        max_length=max_length,
        backend=backend,
        **settings,
    )
    return show_plan(config, examples, time_it=time, plot=plot, as_json=json)
