"""Prints the results of verbs to standard output; a verb that cannot print its result fails."""

import json
import sys
from collections.abc import Iterable
from typing import Any

from kbert.cli.streams import is_closed
from kbert.errors import MachineError
from kbert.findings import worded
from kbert.utils.foreign import reason_of
from kbert.utils.lasting_stream import escaped


class ReaderGone(MachineError):
    """The program that read standard output has ended, as it may."""


def show(result: object) -> None:
    """Print a result, with escapes for characters that standard output cannot encode.

    Raises:
        ReaderGone: nobody reads standard output any more.
        MachineError: standard output is closed, or its disk is full.
    """
    write_output([f"{escaped(str(result), sys.stdout)}\n"])


def show_json(record: Any) -> None:
    """Print a result as JSON that is valid in any encoding."""
    text = json.dumps(record, indent=2, ensure_ascii=False)
    fits = escaped(text, sys.stdout) == text
    write_output([text if fits else json.dumps(record, indent=2), "\n"])


def write_output(lines: Iterable[str]) -> None:
    """Write lines to standard output, and flush it; raises what `show` raises."""
    if is_closed("stdout"):
        raise MachineError("Standard output is closed.")
    # The lines may be computed while they are written: only errors of writing are caught here.
    for line in lines:
        _attempt(sys.stdout.write, line)
    _attempt(sys.stdout.flush)


def _attempt(function: Any, *arguments: Any) -> None:
    try:
        function(*arguments)
    except BrokenPipeError as error:
        raise ReaderGone(worded("Standard output is no longer being read.")) from error
    except OSError as error:
        raise MachineError(
            "Standard output cannot be written to: {reason}.", reason=reason_of(error)
        ) from error
