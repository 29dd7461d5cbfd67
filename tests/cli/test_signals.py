"""Signals outside training: the verb ends with one sentence and a shell's exit status."""

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
HEARS_CTRL_C = "signal.signal(signal.SIGINT, signal.default_int_handler)"
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.usefixtures("heard_signals"),
]


def ended_by(name, before="", seconds=60):
    """The status and standard error of a verb that was sent a signal."""
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
    """Like SIGHUP under nohup."""
    before = f"signal.signal(signal.{name}, signal.SIG_IGN)"
    assert ended_by(name, before, seconds=1) == (0, "")


# A slow module that the command line imports; no exception gets out of it.
SLOW = """
import time
print("importing", flush=True)
try:
    time.sleep({seconds})
except BaseException:
    pass
"""
STARTS = {
    "python -m kbert": "import runpy; runpy.run_module('kbert', run_name='__main__')",
    "the program": "from kbert.__main__ import main; main()",  # as in pyproject.toml
}


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("ignored", [False, True], ids=["heard", "ignored"])
def test_ctrl_c_while_modules_are_imported(start, ignored, tmp_path):
    (tmp_path / "cyclopts.py").write_text(SLOW.format(seconds=2 if ignored else 60))
    handler = "SIG_IGN" if ignored else "default_int_handler"
    code = f"import signal, sys; signal.signal(signal.SIGINT, signal.{handler})\n"
    code += f"sys.path.insert(0, {str(tmp_path)!r})\n{STARTS[start]}"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "importing\n"
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    if ignored:  # the import continues, and turns out to be another module
        assert "ImportError" in err
    else:
        assert (process.returncode, err) == (130, "")


def test_almost_nothing_is_imported_before_ctrl_c_is_handled():
    code = """
import sys
before = set(sys.modules)
import kbert
print(*sorted(set(sys.modules) - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    own = ["kbert", "kbert.models", "kbert.models.known_to_keras"]
    imported = [name for name in done.stdout.split() if not name.startswith("importlib")]
    assert [name for name in imported if name not in ("types", "warnings")] == own
    # importlib.abc imports tempfile and urllib, which take longer than everything else.
    assert "importlib.abc" not in done.stdout.split()


# What the command line does first, before a verb; the signal arrives meanwhile.
EARLY = """
import os, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
import kbert.cli.main as module
def check(*arguments):
    os.kill(os.getpid(), signal.SIGINT)
module.{name} = check
import sys
sys.argv = ["kbert", "plan", "--examples", "900"]
from kbert.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [("prepare_streams", ""), ("check_verb", "kbert: stopped.\n"), ("settle_streams", "")],
)
def test_ctrl_c_right_after_the_imports_and_at_the_end(name, said):
    """No traceback, whenever the signal arrives."""
    code = EARLY.format(name=name)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (130, said)


def test_ctrl_c_after_the_imports_is_reported():
    assert ended_by("SIGINT", HEARS_CTRL_C) == (130, "kbert: stopped.\n")
