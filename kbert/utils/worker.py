"""A process that another one watches: its streams, and the notes that it leaves for the other."""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

_VARIABLE = "KBERT_WORKER"
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


def is_worker() -> bool:
    """Return whether another process watches this one."""
    return _VARIABLE in os.environ


def environment_of_worker(streams: dict[str, int], folder: Path) -> dict[str, str]:
    """Return the environment of a worker.

    Args:
        streams: dict of the file descriptors that the worker inherits, by their names in `sys`.
        folder: Path. Where the worker leaves notes.
    """
    given = {"streams": streams, "folder": str(folder)}
    return {**os.environ, _VARIABLE: json.dumps(given)}


def begin_work() -> None:
    """In a worker, let Python print to the user, and end when the watching process ends.

    Native code still writes to file descriptors 1 and 2.
    """
    if is_worker() and sys.platform == "linux":
        # A parent that is killed cannot pass on a signal.
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, int(signal.SIGTERM))
    for name, descriptor in _given().get("streams", {}).items():
        stream = os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace")
        if stream.isatty():
            stream.reconfigure(line_buffering=True)
        setattr(sys, name, stream)


def leave(name: str, text: str) -> None:
    """Leave a note for the process that watches this one, if one does."""
    folder = _given().get("folder")
    if folder is not None:
        Path(folder, name).write_text(text, encoding="utf-8")


def _given() -> dict[str, Any]:
    return dict(json.loads(os.environ.get(_VARIABLE, "{}")))
