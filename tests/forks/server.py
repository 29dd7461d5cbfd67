"""Forks processes from one that has already imported what they need, so that each starts quickly.

`python server.py LISTENER KEEPER IMPORTS` takes requests from the socket with this number, as long
as the process KEEPER is alive. client.py sends the requests.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any


class Server:
    """The running processes, by the connection of the client that asked for each.

    Args:
        listener: socket. Accepts the requests.
        keeper: int. The process with which the server ends.
    """

    def __init__(self, listener: socket.socket, keeper: int) -> None:
        self._listener = listener
        self._keeper = keeper
        self._running: dict[socket.socket, int] = {}
        # When a child ends, its signal is written to one end, which wakes the loop.
        self._ends, self._end = socket.socketpair()
        self._end.setblocking(False)
        signal.set_wakeup_fd(self._end.fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> str:
        """Answer requests; in a process forked for one, return the code to run."""
        while _is_alive(self._keeper):
            waiting = [self._listener, self._ends, *self._running]
            for ready in select.select(waiting, [], [], 1)[0]:
                if ready is self._listener:
                    if code := self._fork():
                        return code
                elif ready is self._ends:
                    self._ends.recv(4096)
                else:  # its client is gone
                    os.kill(self._running[ready], signal.SIGKILL)
            self._reap()
        return ""

    def _fork(self) -> str:
        """Fork a process for the next request; return its code in the child only."""
        connection, _ = self._listener.accept()
        head, streams, _, _ = socket.recv_fds(connection, 8, 3)
        request = json.loads(connection.recv(int.from_bytes(head), socket.MSG_WAITALL))
        if pid := os.fork():
            for stream in streams:
                os.close(stream)
            self._running[connection] = pid
            connection.sendall(b"%d\n" % pid)
            return ""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for one in (self._listener, self._ends, self._end, connection, *self._running):
            one.close()
        _become(request, streams)
        return str(request["code"])

    def _reap(self) -> None:
        """Send the exit status of each process that has ended."""
        for connection, pid in list(self._running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._running[connection]
                with contextlib.suppress(OSError):  # the client may be gone
                    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
                connection.close()


def _become(request: dict[str, Any], streams: list[int]) -> None:
    """Make this process look as if it had been started with these arguments, and so on."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # it is cached from the previous environment
    sys.argv[1:] = request["arguments"]


def _threads() -> list[str]:
    """Return the names of this process's threads except the first."""
    tasks = Path("/proc/self/task")
    others = [path for path in tasks.iterdir() if path.name != str(os.getpid())]
    return [(path / "comm").read_text().strip() for path in others]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    listener, keeper, imports = sys.argv[1:]
    if os.fork():  # no process waits for this one
        os._exit(0)
    os.setsid()  # Ctrl-C in a terminal is for pytest
    exec(imports, {})
    # Waiting for a thread that was not forked never ends. Arrow's allocator can handle forks.
    assert {*_threads()} <= {"jemalloc_bg_thd"}, _threads()
    code = Server(socket.socket(fileno=int(listener)), int(keeper)).serve()
    exec(code, {"__name__": "__main__"})
