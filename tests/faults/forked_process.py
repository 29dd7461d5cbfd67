"""A process that starts almost instantly."""

import os
import select
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.forks.client import ask
from tests.forks.fork_server import address


class ForkedProcess:
    """A forked process of a run, with the part of `subprocess.Popen` that is used here.

    Args:
        server: str. The name of the server that forks it.
        code: str.
        arguments: list of str.
        environment: dict. Its whole environment.
    """

    def __init__(self, server, code, arguments, environment):
        self._files = [tempfile.NamedTemporaryFile() for _ in range(2)]  # noqa: SIM115
        with open(os.devnull) as none:
            streams = (none.fileno(), *(file.fileno() for file in self._files))
            self._connection = ask(address(server), code, arguments, environment, streams)
        self._lines = self._connection.makefile("r")
        self.pid = int(next(self._lines))
        self.returncode = None

    def poll(self):
        """Return the exit status, or None while the process is running."""
        if self.returncode is None and self._ends_within(0):
            self.returncode = int(next(self._lines))
            self._lines.close()
            self._connection.close()
        return self.returncode

    def communicate(self, timeout):
        """Wait for the end, and return what was written to both streams."""
        if self.returncode is None and not self._ends_within(timeout):
            self.kill()
            raise subprocess.TimeoutExpired("fork", timeout)
        self.poll()
        written = [Path(file.name).read_text(encoding="utf-8") for file in self._files]
        for file in self._files:
            file.close()
        return written

    def send_signal(self, number):
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        """End the process at once."""
        self.send_signal(signal.SIGKILL)

    def _ends_within(self, seconds):
        return bool(select.select([self._connection], [], [], seconds)[0])
