"""Signals outside a training: the verb ends with one sentence and the status of a shell."""

import signal
import subprocess
import sys

import pytest

WAITING = """
import signal, sys, time
{before}
from kbert.cli import main
def wait(arguments):
    print("waiting", flush=True)
    time.sleep({seconds})
    return 0
main.app = wait
main.main(["plan", "--examples", "900"])
"""
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.usefixtures("heard_signals"),
]


def ended_by(name, before="", seconds=60):
    """The status and what was said of a verb that a signal ends, or does not."""
    code = WAITING.format(before=before, seconds=seconds)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "waiting\n"
            process.send_signal(getattr(signal, name))
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, err


@pytest.mark.parametrize(("name", "status"), [("SIGHUP", 129), ("SIGTERM", 143)])
def test_a_signal_ends_a_verb(name, status):
    assert ended_by(name) == (status, "kbert: stopped.\n")


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_a_signal_that_is_ignored_stays_ignored(name):
    """As SIGHUP under nohup."""
    before = f"signal.signal(signal.{name}, signal.SIG_IGN)"
    assert ended_by(name, before, seconds=1) == (0, "")
