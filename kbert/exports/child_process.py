"""The processes in which exports are written and reopened: how they start, and how they fail."""

import ctypes
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

from kbert.findings import worded

_PR_SET_PDEATHSIG = 1  # of <sys/prctl.h>
_MAX_LINE = 400  # characters of the line that says why a process failed


def command(task: str, *arguments: str) -> list[str]:
    """Return the command of a process that runs `write` or `read` below."""
    return [sys.executable, "-m", __name__, task, *arguments]


def environment(**values: str) -> dict[str, str]:
    """Return this process's environment with the given values added, and without a GPU.

    An exported program names no device, and neither writing nor comparing it needs one.
    """
    return {**os.environ, "CUDA_VISIBLE_DEVICES": "", **values}


def why_it_failed(stderr: str, status: int) -> str:
    """Return the last line that a process has printed, or its exit status if it printed none."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    return (
        lines[-1] if lines else worded("the process ended with status {status}", status=status)
    )[:_MAX_LINE]


def follow_parent() -> Iterator[str]:
    """Yield the lines of standard input; when it or its writer ends, this process ends too.

    A killed process does not end the processes that it started. But its end of the pipe is closed,
    and a thread here sees that unless a converter keeps all threads waiting. On Linux, the kernel
    kills this process.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    lines: SimpleQueue[str] = SimpleQueue()

    def listen() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    return iter(lines.get, None)


def write(format: str, model: str, folder: str, length: str, int8: str) -> None:
    """Write a model folder's program into a folder."""
    follow_parent()
    from kbert.backend.choose_backend import import_keras
    from kbert.exports.formats.registry import FORMATS, format_module

    # keras-hub and Keras import them if they are installed, which takes longer than writing.
    unused = {"tensorflow", "jax"} - {*FORMATS[format].packages}
    sys.modules.update(dict.fromkeys(unused))  # type: ignore[arg-type]
    import_keras()
    from kbert.models.bert_classifier import BertClassifier

    classifier = BertClassifier.load(model)
    width = int(length) if length else None
    format_module(format).write(classifier, Path(folder), width, bool(int8))


def read(format: str, path: str, max_length: str) -> None:
    """Answer each line of texts with a line of probabilities."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print is not an answer
    lines = follow_parent()
    from kbert.exports.formats.registry import format_module

    compute = format_module(format).load_predict(Path(path), int(max_length))
    for line in lines:
        texts, pairs = json.loads(line)
        answers.write(json.dumps(compute(texts, pairs).tolist()) + "\n")
        answers.flush()


if __name__ == "__main__":
    task = write if sys.argv[1] == "write" else read
    task(*sys.argv[2:])
