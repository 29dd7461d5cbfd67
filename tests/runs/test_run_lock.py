import os
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from kbert.errors import InputError, KbertError, MachineError
from kbert.runs.run_lock import run_lock

HOLD = """
import sys
from pathlib import Path
from kbert.runs.run_lock import run_lock

with run_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
NOBODY = 65534
PID = ".lock.pid"


@contextmanager
def holder(path):
    """Another process that holds the run directory, until its input is closed."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def take(path):
    with run_lock(path):
        return True


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path):
    with holder(tmp_path) as process:
        for _ in range(2):
            with pytest.raises(KbertError) as caught:
                take(tmp_path)
            assert caught.type is InputError  # not a MachineError
            assert str(caught.value) == (
                f"Another process (pid {process.pid}) is using {tmp_path}. Wait for it, or stop it."
            )
        process.stdin.close()
        assert process.wait(10) == 0
        assert take(tmp_path)


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    with holder(tmp_path) as process:
        process.send_signal(signal.SIGKILL)
        assert process.wait(10) == -signal.SIGKILL
        assert (tmp_path / PID).exists()  # it could not clean up
        with run_lock(tmp_path):
            assert int((tmp_path / PID).read_text()) == os.getpid()
    assert not (tmp_path / PID).exists()


@pytest.mark.parametrize("content", [None, b"", b"rubbish", b"\xff"], ids=str)
def test_a_holder_that_cannot_be_named(content, tmp_path):
    with holder(tmp_path):
        if content is None:
            (tmp_path / PID).unlink()
        else:
            (tmp_path / PID).write_bytes(content)
        with pytest.raises(KbertError, match=r"^Another process is using "):
            take(tmp_path)


def test_the_same_process_cannot_take_the_lock_twice(tmp_path):
    with run_lock(tmp_path):
        with pytest.raises(KbertError, match=rf"\(pid {os.getpid()}\) is using"):
            take(tmp_path)
        assert (tmp_path / PID).exists()  # still held
    assert take(tmp_path)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_failing_block_releases_the_lock(error, tmp_path):
    def fail():
        with run_lock(tmp_path):
            raise error

    for _ in range(2):
        with pytest.raises(error):
            fail()
    assert not (tmp_path / PID).exists()


def test_other_directories_are_free(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with holder(tmp_path / "a"), run_lock(tmp_path / "b"):
        pass


@contextmanager
def read_only(*files):
    """A directory without write permission; root, who may always write, becomes another user."""
    folder, root = Path(tempfile.mkdtemp()), os.geteuid() == 0
    for name in files:
        (folder / name).touch()
        if root:
            os.chown(folder / name, NOBODY, -1)
    folder.chmod(0o555)
    if root:
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.mark.skipif(os.name == "nt", reason="directories have no such mode")
def test_a_read_only_directory_is_reported():
    with read_only() as folder:
        with pytest.raises(MachineError) as caught:
            take(folder)
        assert str(caught.value) == f"{folder} cannot be written to: Permission denied."


def refused_without_a_name(path):
    with pytest.raises(KbertError, match=r"^Another process is using "):
        take(path)
    return True


@pytest.mark.skipif(os.name == "nt", reason="directories have no such mode")
def test_a_read_only_directory_used_before_is_locked_without_a_pid():
    with read_only(".lock") as folder:
        for _ in range(2):
            with run_lock(folder):
                assert not (folder / PID).exists()
                assert refused_without_a_name(folder)


def test_the_lock_works_on_a_disk_too_full_for_the_pid(tmp_path, monkeypatch):
    def full(self, *arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    for _ in range(2):
        with run_lock(tmp_path):
            assert not (tmp_path / PID).exists()
            assert refused_without_a_name(tmp_path)


@pytest.mark.parametrize("name", [".lock", PID])
@pytest.mark.parametrize(
    "kind", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("gone")], ids=["dir", "pipe", "link"]
)
def test_anything_but_a_file_in_place_of_the_lock_is_refused(kind, name, tmp_path):
    kind(tmp_path / name)
    expected = rf"{name} is a folder, a pipe or a link; a file was expected. Cure: remove it"
    with pytest.raises(InputError, match=expected), run_lock(tmp_path):
        pass
    assert os.listdir(tmp_path) == [name]
