"""Requests to a server on loopback; each client waits for an answer before its next request."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Answers:
    """The answers of a server: the seconds of each, and the number of answers with each status."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


async def _ask(port: int, bodies: Sequence[bytes], first: int, until: float, into: Answers) -> None:
    """Send bodies in turn over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = first
    while time.perf_counter() < until:
        body = bodies[number % len(bodies)]
        number += 1
        head = (
            "POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        started = time.perf_counter()
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        into.seconds.append(time.perf_counter() - started)
        into.statuses[int(answer.split()[1])] += 1
    writer.close()


def load(port: int, texts: Sequence[str], clients: int, seconds: float, *, plain: bool) -> Answers:
    """Return the answers to clients that send requests for a fixed time, one text per request.

    Args:
        port: int. The port of a server on this machine.
        texts: sequence of str. Each client begins at a different one.
        clients: int.
        seconds: float.
        plain: bool. Whether the body is a list of texts, as for the app in docs/serving.md.
    """
    bodies = [json.dumps([text] if plain else {"texts": [text]}).encode() for text in texts]
    answers = Answers()

    async def run() -> None:
        until = time.perf_counter() + seconds
        first = range(0, len(bodies), max(1, len(bodies) // clients))
        await asyncio.gather(
            *[_ask(port, bodies, first[n % len(first)], until, answers) for n in range(clients)]
        )

    asyncio.run(run())
    return answers


@contextlib.contextmanager
def started(command: Sequence[str], folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server's command in a folder for the block, which starts when the server answers."""
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise SystemExit(f"{' '.join(command)} failed:\n{log.read_text()[-3000:]}")
            if _answers(port):
                break
            time.sleep(0.1)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=60)


def _answers(port: int) -> bool:
    """Return whether a server is ready: kbert reports it; for others, listening is enough."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
            return True
    except urllib.error.HTTPError as error:
        return error.code == 404
    except OSError:
        return False
