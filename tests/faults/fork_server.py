"""Forks processes from one that has imported what a run needs: each begins in a moment.

`python fork_server.py` reads requests as lines of JSON: a process to start, or one to ask for.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # keras-hub and Keras import them wherever they are, which takes longer than all else.
    sys.modules |= {"tensorflow": None, "jax": None}


class ForkedProcess:
    """A process that runs some code, with what is used here of `subprocess.Popen`.

    Args:
        code: str.
        arguments: list of str.
        environment: dict. Its whole environment.
    """

    def __init__(self, code: str, arguments: list[str], environment: dict[str, str]) -> None:
        self._streams = [tempfile.NamedTemporaryFile() for _ in range(2)]  # noqa: SIM115
        names = [file.name for file in self._streams]
        given = {"code": code, "arguments": arguments, "environment": environment}
        self.pid = _ask({**given, "streams": names})
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, or None while the process is running."""
        if self.returncode is None:
            self.returncode = _ask({"poll": self.pid})
        return self.returncode

    def communicate(self, timeout: float) -> list[str]:
        """Wait for the end, and return what was written to both streams."""
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                self.kill()
                raise subprocess.TimeoutExpired("fork", timeout)
            time.sleep(0.01)
        written = [Path(file.name).read_text(encoding="utf-8") for file in self._streams]
        for file in self._streams:
            file.close()
        return written

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the process at once."""
        self.send_signal(9)


@cache
def _server() -> "subprocess.Popen[str]":
    """Return the server, which ends with its standard input."""
    environment = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONUNBUFFERED": "1"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, __file__], env=environment, **pipes)


def _ask(request: dict[str, Any]) -> Any:
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    print(json.dumps(request), file=server.stdin, flush=True)
    return json.loads(server.stdout.readline())


def _serve() -> str:
    """Answer requests; return the code to run, in a process that was forked for it."""
    for line in sys.stdin:
        request = json.loads(line)
        if "poll" in request:
            pid, status = os.waitpid(request["poll"], os.WNOHANG)
            print(json.dumps(os.waitstatus_to_exitcode(status) if pid else None))
        elif pid := os.fork():
            print(pid)
        else:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for to, name in enumerate(request["streams"], start=1):
                os.dup2(os.open(name, os.O_WRONLY | os.O_APPEND), to)
            sys.argv[1:] = request["arguments"]
            os.environ.clear()
            os.environ.update(request["environment"])
            return str(request["code"])
    return ""


if __name__ == "__main__":
    import keras_hub  # noqa: F401
    import torch  # noqa: F401

    import kbert.cli.main
    import kbert.models.bert_classifier
    import kbert.runs.run_callbacks
    import kbert.runs.train  # noqa: F401

    exec(_serve(), {"__name__": "__main__"})
