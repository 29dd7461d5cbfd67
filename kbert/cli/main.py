"""The command line: run a verb, and leave with its exit status."""

import errno
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from cyclopts import CycloptsError

from kbert.cli import (  # noqa: F401 (each adds its verb)
    compare,
    continue_training,
    demo,
    errors,
    evaluate,
    explain,
    export,
    import_model,
    inspect,
    lr_find,
    plan,
    predict,
    presets,
    pretrain,
    report,
    resume,
    serve,
    sweep,
    tokens,
    train,
)
from kbert.cli.app import app
from kbert.cli.language import catalogue, verb_first
from kbert.cli.parser_errors import check_verb, refusal
from kbert.cli.read_flags import check_no_standard_input
from kbert.cli.show import ReaderGone
from kbert.cli.streams import prepare_streams, settle_streams
from kbert.cli.words import FlagWords
from kbert.errors import InputError, KbertError, MachineError
from kbert.findings import Cure, speaking, worded
from kbert.runs.stop_signals import STOP_SIGNALS, heard_signals, status_of
from kbert.utils.foreign import reason_of
from kbert.utils.missing_package import missing_package
from kbert.utils.say import say
from kbert.utils.worker import begin_work, is_worker

# Errors for names that no file can have, wherever such a path is used.
_NO_NAME = {errno.ENAMETOOLONG, errno.EILSEQ, errno.ELOOP}
_MAX_SHOWN = 200  # characters of a path


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status: 0, 1, 2, 129, 130 or 143."""
    begin_work()
    prepare_streams()
    try:
        arguments = verb_first(sys.argv[1:] if argv is None else argv)
        with speaking(FlagWords(catalogue(arguments))):
            status = _run(arguments)
    finally:
        settle_streams()
    if status and is_worker():
        os._exit(status)  # JAX would wait for its peers, and then end the process in its own way
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    """Run a verb, print what went wrong, and return the exit status."""
    try:
        for number in heard_signals():  # inside `try`, which catches what they raise
            signal.signal(number, _stop)
        check_verb(arguments)
        _check_folder()
        check_no_standard_input(arguments)
        return _parse_and_run(arguments or ["--help"])
    except ReaderGone:
        return 1
    except KbertError as error:
        _complain(f"{error}")
        return 1 if isinstance(error, MachineError) else 2
    except ModuleNotFoundError as error:
        told = missing_package(error.name)
        if told is None:
            raise
        _complain(told)
        return 2
    except KeyboardInterrupt as stop:
        _complain(worded("stopped") + (_what_is_left(stop) or worded(".")))
        return status_of(stop)
    except OSError as error:
        named = "" if error.filename is None else f"{str(error.filename)[:_MAX_SHOWN]}: "
        _complain(f"{named}{reason_of(error)}{_what_is_left(error) or worded('.')}")
        return 2 if error.errno in _NO_NAME else 1


def _check_folder() -> None:
    """Raise InputError in a folder that was removed: libraries that look it up end the process."""
    try:
        os.getcwd()
    except FileNotFoundError:
        raise InputError(
            "The folder in which kbert was started does not exist any more.",
            cure=Cure(note="change to another, with cd"),
        ) from None


def _parse_and_run(arguments: list[str]) -> int:
    try:
        return app(arguments) or 0
    except CycloptsError as error:
        raise refusal(error) from None


def _complain(text: str) -> None:
    say(f"kbert: {text}", level=0, to="stderr")


def _stop(number: int, frame: FrameType | None) -> None:
    raise STOP_SIGNALS[signal.Signals(number)]


def _what_is_left(error: BaseException) -> str:
    """Return the last note that a stopped run has added to the exception that stopped it."""
    notes = getattr(error, "__notes__", [])
    return f"{worded('; ')}{notes[-1]}" if notes else ""
