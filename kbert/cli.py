"""The command line: one function a verb. No framework is imported before a verb needs it."""

import os
import shlex
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.config import Toml

from kbert import __version__
from kbert.choices import Backend, Format, OnBadRow, Quoting
from kbert.config import TrainConfig, read_toml
from kbert.errors import KbertError

app = App(
    name="kbert",
    help="Fine-tune BERT classifiers: no run is ever silently wasted.",
    version=__version__,
    help_format="plaintext",
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # `main` says what a stopped run has left
)


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
    from kbert.runs.train import train as train_run

    run = train_run(config)
    if (run.path / "skipped_rows.csv").exists():
        print(f"The rows that were skipped are listed in {run}/skipped_rows.csv")
    program = _program()
    print(f"\nThe run is in {run}. Next:")
    if run.info["text_pairs"]:
        print(f"  {program} predict {run} FILE     # pairs of texts: CSV, TSV, JSON Lines")
    else:
        print(f"  echo 'A text to classify.' | {program} predict {run}")
        print(f"  {program} predict {run} FILE     # one text a line, or CSV, TSV, JSON Lines")
    print(f"  {program} evaluate {run} FILE{_reading_flags(config)}    # a labelled file")


@app.command
def evaluate(
    run: Path,
    data: str,
    *,
    text: str | None = None,
    pair: str | None = None,
    label: str | None = None,
    format: Format | None = None,
    encoding: str = "utf-8",
    header: bool = True,
    delimiter: str | None = None,
    quoting: Quoting = "auto",
    on_bad_row: OnBadRow = "error",
    batch_size: int = 32,
    json: bool = False,
    backend: Backend | None = None,
) -> None:
    """Score a run's model on a labelled file.

    Parameters
    ----------
    run
        The run directory.
    data
        The labelled file: CSV, TSV, JSON Lines or Parquet.
    text
        The text's column, by name or position from 0.
    pair
        The second text's column, for text pairs.
    label
        The label's column.
    format
        The format of the file, for one with another suffix.
    encoding
        The encoding of the file.
    header
        Whether the first row names the columns.
    delimiter
        What divides the fields of a CSV or TSV file, such as a semicolon.
    quoting
        How fields are quoted in a CSV or TSV file.
    on_bad_row
        Whether a row that cannot be used stops everything, or is skipped and shown.
    batch_size
        Rows per batch.
    json
        Print JSON for a machine.
    backend
        What Keras runs on.
    """
    from kbert.runs.use import evaluate_run

    evaluate_run(
        run,
        data,
        batch_size=batch_size,
        as_json=json,
        backend=backend,
        text=text,
        pair=pair,
        label=label,
        format=format,
        encoding=encoding,
        header=header,
        delimiter=delimiter,
        quoting=quoting,
        on_bad_row=on_bad_row,
    )


@app.command
def predict(
    run: Path,
    data: str = "-",
    *,
    output: Path | None = None,
    output_format: Annotated[str, Parameter(name="--to")] = "",
    format: Format | None = None,
    text: str | None = None,
    pair: str | None = None,
    encoding: str = "utf-8",
    header: bool = True,
    delimiter: str | None = None,
    quoting: Quoting = "auto",
    on_bad_row: OnBadRow = "error",
    batch_size: int = 32,
    backend: Backend | None = None,
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
    format
        The format of the input, for one with another suffix; standard input: lines.
    text
        The text's column, by name or position from 0.
    pair
        The second text's column, for text pairs.
    encoding
        The encoding of the input.
    header
        Whether the first row of a CSV or TSV names the columns.
    delimiter
        What divides the fields of a CSV or TSV file, such as a semicolon.
    quoting
        How fields are quoted in a CSV or TSV file.
    on_bad_row
        Whether a row that cannot be used stops everything, or is skipped and shown.
    batch_size
        Rows per batch.
    backend
        What Keras runs on.
    """
    from kbert.runs.use import predict_run

    predict_run(
        run,
        data,
        output=output,
        output_format=output_format,
        batch_size=batch_size,
        backend=backend,
        format=format,
        text=text,
        pair=pair,
        encoding=encoding,
        header=header,
        delimiter=delimiter,
        quoting=quoting,
        on_bad_row=on_bad_row,
    )


def _reading_flags(config: TrainConfig) -> str:
    """Return the flags with which another file like the training file is read."""
    flags = ""
    for name in ("text", "pair", "label", "format", "encoding", "delimiter", "quoting"):
        value = getattr(config, name)
        if value not in (None, "utf-8", "auto"):
            flags += f" --{name} {shlex.quote(value)}"
    return flags if config.header else f"{flags} --no-header"


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which leaves as Ctrl-C does but for the exit status."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status: 0, 1, 2, 130 or 143."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGTERM, _terminate)
    try:
        settings = _settings_file(arguments)
        if settings is not None:
            read_toml(settings)  # for its messages
            app.config = (Toml(settings, must_exist=True, use_commands_as_keys=False),)
        app(arguments or ["--help"])
        status = 0
    except KbertError as error:
        print(f"kbert: {error}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt as stop:
        status = 143 if isinstance(stop, _Terminated) else 130
        print(f"kbert: stopped{_what_is_left(stop)}", file=sys.stderr)
    except BrokenPipeError:  # the reader of our output has gone, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as error:
        print(f"kbert: {error}", file=sys.stderr)
        status = 1
    sys.exit(status)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise _Terminated


def _what_is_left(stop: KeyboardInterrupt) -> str:
    """Return what a run that was stopped has noted on the exception that stopped it."""
    notes = getattr(stop, "__notes__", [])
    return f"; {notes[-1]}" if notes else "."


def _settings_file(arguments: list[str]) -> str | None:
    """Return the file after --config, which must be read before the flags are."""
    for place, argument in enumerate(arguments):
        if argument == "--config" and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith("--config="):
            return argument.removeprefix("--config=")
    return None


def _program() -> str:
    """Return what to type for this program: its name where the shell finds it, else its path."""
    import shutil

    called = Path(sys.argv[0])
    found = shutil.which("kbert")
    if found and called.exists() and os.path.samefile(found, called):
        return "kbert"
    if called.name == "kbert":
        return _shorter(called)
    return f"{_shorter(Path(sys.executable))} -m kbert"


def _shorter(path: Path) -> str:
    """Return a path relative to here when it lies below, else the absolute one."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else relative
