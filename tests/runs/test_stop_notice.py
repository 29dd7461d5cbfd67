"""The first signal is answered while the step that it stops is still running."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from kbert.runs.stop_signals import stop_signals

SAID = "Stopping after this step; a checkpoint is then saved."
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(autouse=True)
def handlers():
    """Replace the signal handlers, and restore them whatever a test does."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "end"),
    [
        (signal.SIGINT, " Ctrl-C again ends at once."),
        (signal.SIGTERM, " Another SIGTERM ends at once."),
        (signal.SIGHUP, ""),
    ],
)
def test_the_first_signal_is_answered_once(number, end, capfd):
    with stop_signals(lambda reason: None):
        send(number)
        send(signal.SIGHUP)
    assert capfd.readouterr() == ("", f"{SAID}{end}\n")


def test_without_a_checkpoint_none_is_promised(capfd):
    with stop_signals(lambda reason: None, will_save=lambda: False):
        send(signal.SIGINT)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("fault", ["none", "closed", "nobody reads"])
def test_the_run_also_stops_without_standard_error(fault, monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    stream = open(writer, "wb", buffering=0)  # noqa: SIM115
    if fault == "closed":
        stream.close()
    monkeypatch.setattr(sys, "__stderr__", None if fault == "none" else stream)
    reasons = []
    with stop_signals(reasons.append):
        send(signal.SIGINT)
    assert [type(reason) for reason in reasons] == [KeyboardInterrupt]
    stream.close()


# A step in a single C call, during which Python calls no handler.
STEP = """
import hashlib, time
from kbert.runs.stop_signals import stop_signals

with stop_signals(lambda reason: print("noted", time.monotonic(), flush=True)):
    print("begun", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 12_000_000)
"""


def test_the_answer_does_not_wait_for_a_step_outside_python():
    with subprocess.Popen(
        [sys.executable, "-c", STEP], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "begun\n"
        time.sleep(0.5)  # until the call has begun
        process.send_signal(signal.SIGINT)
        assert process.stderr.readline().startswith(SAID)
        said = time.monotonic()
        noted = process.stdout.readline().split()
        process.communicate(timeout=60)
    assert noted[0] == "noted"
    assert said < float(noted[1])


LOCKED = """
import io, os, signal, sys
from kbert.runs.stop_signals import stop_signals

class Waits(io.RawIOBase):
    def writable(self):
        return True

    def write(self, data):
        os.kill(os.getpid(), signal.SIGINT)  # while the buffer's lock is held
        return len(data)

sys.stderr = io.TextIOWrapper(io.BufferedWriter(Waits()))
with stop_signals(lambda reason: None):
    print("in a line", file=sys.stderr, flush=True)
os._exit(0)  # the stream is not flushed again, which would send another signal
"""


def test_the_answer_needs_no_lock_of_the_interrupted_code():
    found = subprocess.run(
        [sys.executable, "-c", LOCKED], capture_output=True, text=True, timeout=60
    )
    assert (found.returncode, found.stderr) == (0, f"{SAID} Ctrl-C again ends at once.\n")


def test_an_event_loop_is_still_woken_by_signals(capfd):
    async def work():
        heard = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heard.set)
        with stop_signals(lambda reason: None):
            send(signal.SIGUSR1)
            send(signal.SIGINT)
            await asyncio.wait_for(heard.wait(), timeout=30)

    asyncio.run(work())
    assert capfd.readouterr().err == f"{SAID} Ctrl-C again ends at once.\n"
