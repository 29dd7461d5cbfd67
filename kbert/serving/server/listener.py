"""The socket that a server listens on."""

import errno
import ipaddress
import os
import socket

from kbert.errors import InputError, MachineError
from kbert.findings import Cure, Option


def bind(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to an address, but does not listen yet.

    Args:
        host: str. A name or an address.
        port: int. 0 takes a free one.

    Raises:
        InputError: the address does not exist here, or the port is taken.
        MachineError: the system refuses it.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise _not_of_this_machine(host) from None
    family, kind, protocol, _, address = found[0]
    # asyncio turns off Nagle's algorithm only for sockets that name TCP: with it, the second write
    # of an answer waits until the client's system acknowledges the first, 40 ms on Linux.
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise InputError(
                "Port {port} of {host} is taken by another program.",
                port=port,
                host=host,
                cure=Cure({"port": 0}, note="which takes a free one"),
            ) from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise _not_of_this_machine(host) from None
        raise MachineError(
            "The server cannot listen on port {port} of {host}: {reason}.",
            port=port,
            host=host,
            reason=os.strerror(error.errno or 0),
        ) from None
    return listener


def _not_of_this_machine(host: str) -> InputError:
    return InputError(
        "{option} must be an address of this machine. Received: {host!r:.80}",
        option=Option("host"),
        host=host,
        cure=Cure({"host": "127.0.0.1"}),
    )


def url(listener: socket.socket) -> str:
    """Return the address of a socket as a URL."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_local(listener: socket.socket) -> bool:
    """Return whether only programs on this machine can reach a socket."""
    return ipaddress.ip_address(listener.getsockname()[0].partition("%")[0]).is_loopback
