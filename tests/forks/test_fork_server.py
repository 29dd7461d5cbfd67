"""To its parent, a forked process behaves like one that was started."""

import os
import subprocess
import sys

import pytest

from tests.forks import fork_server

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@pytest.fixture
def start(monkeypatch):
    """A function that runs some code in a process, forked by a server with hardly any imports."""
    monkeypatch.setitem(
        fork_server.SERVERS, "nothing", ("torch", "import tempfile; tempfile.gettempdir()")
    )

    def start(code, *arguments, **options):
        command = fork_server.command("nothing", code, *arguments)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(command, text=True, **pipes, **options)

    return start


def test_gets_the_streams_arguments_folder_and_environment(start, tmp_path):
    code = """
import os, sys, tempfile
print(input(), *sys.argv[1:], os.getcwd(), tempfile.gettempdir())
print("told", file=sys.stderr)
"""
    (tmp_path / "between").mkdir()
    environment = {**os.environ, "TMPDIR": str(tmp_path / "between")}
    process = start(code, "a b", "ü", cwd=tmp_path, env=environment)
    out, err = process.communicate("given\n", timeout=60)
    assert out.split("\n") == [f"given a b ü {tmp_path} {tmp_path}/between", ""]
    assert (err, process.returncode) == ("told\n", 0)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(3)", 3),
        ("1 / 0", 1),
        ("import os; os._exit(4)", 4),
        ("import os; os.kill(os.getpid(), 9)", -9),
    ],
)
def test_returns_its_exit_status(code, status, start):
    process = start(code)
    _, err = process.communicate(timeout=60)
    assert process.returncode == status
    assert ("ZeroDivisionError" in err) == (status == 1)


def test_ends_with_its_client(start):
    process = start("import time; print('begun', flush=True); time.sleep(100)")
    assert process.stdout.readline() == "begun\n"
    process.kill()
    process.communicate(timeout=60)  # until it has closed its streams


def test_two_processes_run_at_once(start):
    first = start("print(input())")
    second = start("print('second')")
    assert second.communicate(timeout=60)[0] == "second\n"
    assert first.communicate("first\n", timeout=60)[0] == "first\n"
