"""The command line: run a verb, and leave with the exit status that its end has."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Any

from cyclopts.config import Dict, Toml

from kbert.cli import data_verbs, model_verbs, training_verbs  # noqa: F401 (each adds its verbs)
from kbert.cli.app import app
from kbert.cli.words import FlagWords
from kbert.config import read_toml
from kbert.errors import KbertError, MachineError
from kbert.findings import speaking
from kbert.runs.stop_signals import Terminated

# What the extra `train` installs; an environment that only serves has none of it.
TRAIN_PACKAGES = {
    *("filelock", "keras", "keras_hub", "optree", "pyarrow", "safetensors", "sklearn", "tomli_w"),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status: 0, 1, 2, 130 or 143."""
    arguments = _without_dash(list(sys.argv[1:] if argv is None else argv))
    signal.signal(signal.SIGTERM, _terminate)
    with speaking(FlagWords()):
        sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    """Run a verb, print what went wrong, and return the exit status."""
    try:
        app.config = _defaults(arguments)
        return app(arguments or ["--help"]) or 0
    except KbertError as error:
        print(f"kbert: {error}", file=sys.stderr)
        return 1 if isinstance(error, MachineError) else 2
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in TRAIN_PACKAGES:
            raise
        print(
            f"kbert: the package {error.name} is not installed, which comes with a backend. "
            "Install one: pip install 'keras-kbert[tensorflow]' (or keras-kbert[jax], "
            "keras-kbert[torch])",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt as stop:
        print(f"kbert: stopped{_what_is_left(stop) or '.'}", file=sys.stderr)
        return 143 if isinstance(stop, Terminated) else 130
    except BrokenPipeError:  # the reader of our output has gone, which is its right
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"kbert: {error}{_what_is_left(error)}", file=sys.stderr)
        return 1


def _without_dash(arguments: list[str]) -> list[str]:
    """Leave out the "-" of `kbert predict RUN -`, which is the default and looks like a flag."""
    return [
        argument
        for before, argument in zip(["", *arguments], arguments, strict=False)
        if argument != "-" or arguments[0] != "predict" or before.startswith("-")
    ]


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _what_is_left(error: BaseException) -> str:
    """Return what a run that was stopped has noted on the exception that stopped it."""
    notes = getattr(error, "__notes__", [])
    return f"; {notes[-1]}" if notes else ""


def _defaults(arguments: list[str]) -> tuple[Any, ...]:
    """Return where settings come from that no flag gives: a TOML file, or the run continued."""
    if arguments[:1] == ["continue"] and "--help" not in arguments:
        run = next((a for a in arguments[1:] if not a.startswith("-")), None)
        if run is not None:
            from kbert.runs.parent import parent_settings

            return (Dict({"continue": parent_settings(run)}),)
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--config" and (value or place + 1 < len(arguments)):
            path = value or arguments[place + 1]
            read_toml(path)  # for its messages
            return (Toml(path, must_exist=True, use_commands_as_keys=False),)
    return ()
