"""The verbs of the command line, a function each. None imports a framework before it needs it."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from kbert import __version__
from kbert.choices import Backend, ExportFormat
from kbert.config import PlanOptions, ReadingOptions, TrainConfig
from kbert.errors import KbertError

app = App(
    name="kbert",
    help="Fine-tune BERT classifiers: no run is ever silently wasted.",
    version=__version__,
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # `main` says what a stopped run has left
)
Reading = Annotated[ReadingOptions, Parameter(name="*")]
Planning = Annotated[PlanOptions, Parameter(name="*")]


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
    from kbert.reports.inspect_files import inspect_files

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
    from kbert.reports.show_plan import show_google_plan, show_plan

    if google_flags is None and global_step:
        raise KbertError("--global-step is read beside --google-flags only.")
    if google_flags is not None and planning != PlanOptions():
        raise KbertError(
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
    from kbert.reports.show_next import show_next
    from kbert.runs.train import train as train_run

    show_next(train_run(config))


@app.command
def resume(
    run: Path,
    *,
    epochs: int | None = None,
    batch_size: int | None = None,
    accumulation: int | None = None,
    learning_rate: float | None = None,
    warmup_proportion: float | None = None,
    scale_epochs: bool = False,
    checkpoint: str | None = None,
    checkpoint_steps: int | None = None,
    checkpoint_minutes: float | None = None,
    keep_checkpoints: int | None = None,
    allow: tuple[str, ...] = (),
    force: tuple[str, ...] = (),
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
    accumulation
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
    force
        Codes of findings that are not to stop the run.
    backend
        What Keras runs on.
    """
    from kbert.reports.show_next import show_next
    from kbert.runs.resume import resume as resume_run

    changes: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "accumulation": accumulation,
        "learning_rate": learning_rate,
        "warmup_proportion": warmup_proportion,
        "checkpoint_steps": checkpoint_steps,
        "checkpoint_minutes": checkpoint_minutes,
        "keep_checkpoints": keep_checkpoints,
        "force": force or None,
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
    from kbert.reports.show_next import show_next
    from kbert.runs.continue_training import continue_run

    show_next(continue_run(run, config))


@app.command
def evaluate(
    run: Path,
    data: str,
    *,
    batch_size: int = 32,
    json: bool = False,
    backend: Backend | None = None,
    reading: Reading = ReadingOptions(),  # noqa: B008
) -> None:
    """Score a run's model on a labelled file.

    Parameters
    ----------
    run
        The run directory.
    data
        The labelled file: CSV, TSV, JSON Lines or Parquet.
    batch_size
        Rows per batch.
    json
        Print JSON for a machine.
    backend
        What Keras runs on.
    """
    from kbert.runs.use import evaluate_run

    evaluate_run(run, data, reading, batch_size=batch_size, as_json=json, backend=backend)


@app.command
def predict(
    run: Path,
    data: str = "-",
    *,
    output: Path | None = None,
    output_format: Annotated[str, Parameter(name="--to")] = "",
    batch_size: int = 32,
    backend: Backend | None = None,
    reading: Reading = ReadingOptions(),  # noqa: B008
) -> None:
    """Label texts with a run's model, in their order.

    Parameters
    ----------
    run
        The run directory.
    data
        A file (.txt: one text a line; CSV, TSV, JSON Lines, Parquet), or - for standard input.
    output
        Where to write; standard output without it.
    output_format
        csv or jsonl; by the suffix of --output, else csv.
    batch_size
        Rows per batch.
    backend
        What Keras runs on.
    """
    from kbert.runs.use import predict_run

    predict_run(
        run,
        data,
        reading,
        output=output,
        output_format=output_format,
        batch_size=batch_size,
        backend=backend,
    )


@app.command(name="import")
def import_(
    source: str,
    *,
    output: Path,
    base: Path | None = None,
    labels: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    lowercase: bool | None = None,
    max_length: int | None = None,
    backend: Backend | None = None,
) -> None:
    """Make a model of kbert's from Google's TF1 checkpoints or a Hugging Face folder.

    Parameters
    ----------
    source
        The folder: a release of Google's, the output directory of run_classifier.py, or a
        Hugging Face BERT.
    output
        The folder to write, which must not exist yet.
    base
        The release that run_classifier.py has fine-tuned, for its output directory.
    labels
        The names of the head's classes, in the order of their numbers, where no file has them.
    lowercase
        Whether a vocabulary of Google's is lower-case; by the folder's name or the pieces
        without it.
    max_length
        The most tokens of a text; 128 without it.
    backend
        What Keras runs on.
    """
    from kbert.runs.import_model import import_model

    import_model(
        source,
        output,
        base=base,
        labels=labels,
        lowercase=lowercase,
        max_length=max_length,
        backend=backend,
    )


@app.command
def export(
    run: Path,
    *,
    output: Path,
    format: ExportFormat,
    backend: Backend | None = None,
) -> None:
    """Write a run's model for other programs, and check that it predicts there what it does here.

    Parameters
    ----------
    run
        The run directory.
    output
        The folder or file to write, which must not exist yet.
    format
        huggingface: a folder for transformers. google: a TF1 checkpoint with its head. keras: a
        .keras file.
    backend
        What Keras runs on.
    """
    from kbert.exports.export import export as export_run

    export_run(run, output, format=format, backend=backend)
