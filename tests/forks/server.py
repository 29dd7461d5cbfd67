"""Forks processes from one that has imported what they need: each begins in a moment.

`python server.py LISTENER KEEPER IMPORTS` takes requests from the socket of this number, as long as
the process KEEPER is alive. The functions of client.py make them.
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
    """What is running, by the connection of the process that has asked for it.

    Args:
        listener: socket. Where requests come in.
        keeper: int. The process that the server ends with.
    """

    def __init__(self, listener: socket.socket, keeper: int) -> None:
        self._listener = listener
        self._keeper = keeper
        self._running: dict[socket.socket, int] = {}
        # The end of a child is written to one end, which wakes the loop.
        self._ends, self._end = socket.socketpair()
        self._end.setblocking(False)
        signal.set_wakeup_fd(self._end.fileno())
        signal.signal(signal.SIGCHLD, lambda number, frame: None)

    def serve(self) -> str:
        """Answer requests; return the code to run, in a process that was forked for it."""
        while _is_alive(self._keeper):
            waiting = [self._listener, self._ends, *self._running]
            for ready in select.select(waiting, [], [], 1)[0]:
                if ready is self._listener:
                    if code := self._fork():
                        return code
                elif ready is self._ends:
                    self._ends.recv(4096)
                else:  # whoever has asked for it is gone
                    os.kill(self._running[ready], signal.SIGKILL)
            self._reap()
        return ""

    def _fork(self) -> str:
        """Fork a process for the next request; return its code there, and nothing here."""
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
        """Tell of each that has ended its exit status."""
        for connection, pid in list(self._running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del self._running[connection]
                with contextlib.suppress(OSError):  # nobody may want to know
                    connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
                connection.close()


def _become(request: dict[str, Any], streams: list[int]) -> None:
    """Make this process one that was started with these arguments, and so on."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    tempfile.tempdir = None  # it is kept from the environment before
    sys.argv[1:] = request["arguments"]


def _threads() -> list[str]:
    """Return the names of this process's threads but for the first."""
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
    # What waits for a thread that was not forked waits for ever. Arrow's allocator knows of forks.
    assert {*_threads()} <= {"jemalloc_bg_thd"}, _threads()
    code = Server(socket.socket(fileno=int(listener)), int(keeper)).serve()
    exec(code, {"__name__": "__main__"})
