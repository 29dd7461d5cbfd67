"""The command line: run a verb, and leave with its exit status."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from kbert.cli import (  # noqa: F401 (each adds its verb)
    continue_training,
    demo,
    evaluate,
    export,
    import_model,
    inspect,
    plan,
    predict,
    resume,
    train,
)
from kbert.cli.app import app
from kbert.cli.words import FlagWords
from kbert.errors import KbertError, MachineError
from kbert.findings import speaking
from kbert.runs.stop_signals import Terminated

# What the extra `train` installs; an environment that only serves has none of it.
TRAIN_PACKAGES = frozenset(
    ["filelock", "keras", "keras_hub", "optree", "pyarrow", "safetensors", "sklearn", "tomli_w"]
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status: 0, 1, 2, 130 or 143."""
    signal.signal(signal.SIGTERM, _terminate)
    with speaking(FlagWords()):
        sys.exit(_run(list(sys.argv[1:] if argv is None else argv)))


def _run(arguments: list[str]) -> int:
    """Run a verb, print what went wrong, and return the exit status."""
    try:
        return app(arguments or ["--help"]) or 0
    except KbertError as error:
        print(f"kbert: {error}", file=sys.stderr)
        return 1 if isinstance(error, MachineError) else 2
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in TRAIN_PACKAGES:
            raise
        print(
            f"kbert: the package {error.name} is not installed; it comes with a backend. "
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


def _terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _what_is_left(error: BaseException) -> str:
    """Return what a stopped run has noted on the exception that stopped it."""
    notes = getattr(error, "__notes__", [])
    return f"; {notes[-1]}" if notes else ""
