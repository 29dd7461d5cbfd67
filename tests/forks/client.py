"""Asks a server for a process: `python client.py ADDRESS CODE ARGUMENT...` stands in for it.

The client has the process's streams, ends when it does and with its exit status, and ends it when
killed itself. It imports little, so that it starts quickly.
"""

import json
import os
import socket
import sys


def ask(
    address: str,
    code: str,
    arguments: list[str],
    environment: dict[str, str],
    streams: tuple[int, int, int],
) -> socket.socket:
    """Return a connection that receives a line with the process's id, then its exit status."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(address)
    given = {"code": code, "arguments": arguments, "environment": environment}
    request = json.dumps({**given, "cwd": os.getcwd()}).encode()
    socket.send_fds(connection, [len(request).to_bytes(8)], streams)
    connection.sendall(request)
    return connection


if __name__ == "__main__":
    address, code, *arguments = sys.argv[1:]
    lines = ask(address, code, arguments, dict(os.environ), (0, 1, 2)).makefile("r")
    _, status = lines
    if int(status) < 0:
        os.kill(os.getpid(), -int(status))
    sys.exit(int(status))
