import errno
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from kbert.errors import InputError, MachineError
from kbert.utils import staging
from kbert.utils.staging import publishing, staging_folder

HOLD = """
import sys, time
from pathlib import Path
from kbert.utils.staging import publishing

with publishing(Path(sys.argv[1])) as new:
    new.write_text("half")
    print("writing", flush=True)
    time.sleep(100)
"""


def mode(path):
    return path.stat().st_mode & 0o777


def write(path, kind, text="new"):
    """Write like a library whose files nobody else may read."""
    with publishing(path) as new:
        if kind == "folder":
            new.mkdir(0o700)
            (new / "part").mkdir(0o700)
            file = new / "part" / "file"
        else:
            file = new
        file.write_text(text)
        file.chmod(0o600)


def read(path):
    return (path / "part" / "file" if path.is_dir() else path).read_text()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_has_its_name_and_the_permissions_of_the_umask(kind, tmp_path, umask):
    path = tmp_path / "new" / "a.b"
    write(path, kind)
    assert read(path) == "new"
    assert os.listdir(path.parent) == ["a.b"]
    if kind == "file":
        assert mode(path) == 0o640
    else:
        assert (mode(path), mode(path / "part")) == (0o750, 0o750)
        assert mode(path / "part" / "file") == 0o640


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_empty_folder_is_replaced(kind, tmp_path):
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", kind)
    assert read(tmp_path / "a") == "new"


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("there", ["file", "folder"])
def test_a_path_created_meanwhile_is_kept(kind, there, tmp_path):
    path = tmp_path / "a"

    def run():
        with publishing(path) as new:
            write(new, kind)
            write(path, there, "theirs")

    with pytest.raises(InputError) as refused:
        run()
    assert str(refused.value) == (
        f'{path} already exists; kbert never overwrites files. Cure: output="{tmp_path / "a-1"}"'
    )
    assert read(path) == "theirs"
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_only_one_of_many_at_once_succeeds_and_nothing_is_left(kind, tmp_path):
    barrier, failed = threading.Barrier(8), []

    def run(number):
        barrier.wait()
        try:
            write(tmp_path / "a", kind, str(number))
        except InputError:
            failed.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = set(range(8)) - set(failed)
    assert read(tmp_path / "a") == str(winner)
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_nothing(error, tmp_path):
    def run():
        with publishing(tmp_path / "new" / "folder" / "a") as new:
            new.write_text("half")
            raise error

    with pytest.raises(error):
        run()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.EACCES, MachineError),
        (errno.EROFS, MachineError),
        (errno.ENOSPC, MachineError),
        (errno.ENAMETOOLONG, InputError),
    ],
)
def test_a_place_that_cannot_be_written(number, kind, tmp_path, monkeypatch):
    def refuse(*arguments, **settings):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(pathlib.Path, "mkdir", refuse)
    with (
        pytest.raises(kind, match=rf"b cannot be written: {os.strerror(number)}\.$"),
        publishing(tmp_path / "b"),
    ):
        raise AssertionError


@pytest.mark.parametrize(
    ("number", "expected", "message"),
    [
        (errno.ENOSPC, MachineError, "b cannot be written: No space left on device"),
        (errno.EIO, OSError, "Input/output error"),
    ],
)
def test_a_disk_that_fails(number, expected, message, tmp_path):
    def failing():
        with publishing(tmp_path / "b"):
            raise OSError(number, os.strerror(number))

    with pytest.raises(expected, match=message):
        failing()
    assert list(tmp_path.iterdir()) == []


def killed(path):
    """Yield a process that is writing, then kill it."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        yield process
        process.send_signal(signal.SIGKILL)
        process.wait(10)


def hidden(folder):
    return [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.mark.parametrize("name", ["a.csv", "[a]*", "a" * 250])
def test_leftovers_of_a_killed_process_are_removed_by_the_next(name, tmp_path):
    path = tmp_path / name
    for _ in killed(path):
        write(tmp_path / "other", "file")  # beside it
        with staging_folder(path):  # at the same time
            assert len(hidden(tmp_path)) == 2
        assert len(hidden(tmp_path)) == 1
    assert len(hidden(tmp_path)) == 1
    write(path, "file")
    assert hidden(tmp_path) == []
    assert path.read_text() == "new"


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_leftovers_after_publishing_are_removed_by_the_next_writer(kind, tmp_path, monkeypatch):
    """Nobody writes to that name again: the refusal suggests another name beside it."""
    with monkeypatch.context() as patch:
        patch.setattr(staging, "_remove", lambda path: None)
        write(tmp_path / "a", kind)
    assert len(hidden(tmp_path)) == 1
    write(tmp_path / "a-1", kind)
    assert sorted(os.listdir(tmp_path)) == ["a", "a-1"]


def test_only_its_own_leftovers_are_removed(tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / ".lock").touch()
    kept = [".a", ".a-0123.part", ".a-0123456789abcdef", ".a-0123456789abcdef.part.old"]
    for name in kept:
        (tmp_path / name).mkdir()
        (tmp_path / name / ".lock").touch()
    (tmp_path / ".a-00000000000000ff.part").write_text("mine")
    (tmp_path / ".a-000000000000ffff.part").symlink_to(other)
    kept += [".a-00000000000000ff.part", ".a-000000000000ffff.part"]
    write(tmp_path / "a", "file")
    assert sorted(hidden(tmp_path)) == sorted(kept)
    assert (other / ".lock").exists()


def test_a_folder_that_was_never_locked_is_removed_once_it_is_old(tmp_path):
    folder = tmp_path / ".a-0123456789abcdef.part"
    folder.mkdir()
    with staging_folder(tmp_path / "a"):
        pass
    assert folder.exists()  # another process may be about to lock it
    old = time.time() - 3600
    os.utime(folder, (old, old))
    with staging_folder(tmp_path / "a"):
        pass
    assert not folder.exists()


def test_a_folder_that_another_process_mistakes_for_a_leftover(tmp_path, monkeypatch):
    acquire, taken = staging.FileLock.acquire, []

    def removed_before(lock, *arguments, **settings):
        if not taken:
            taken.append(lock)
            shutil.rmtree(os.path.dirname(lock.lock_file))
        return acquire(lock, *arguments, **settings)

    monkeypatch.setattr(staging.FileLock, "acquire", removed_before)
    write(tmp_path / "a", "file")
    assert taken
    assert os.listdir(tmp_path) == ["a"]


def test_an_interrupt_notes_that_nothing_was_written(tmp_path):
    with pytest.raises(KeyboardInterrupt) as stopped, publishing(tmp_path / "a.csv"):
        raise KeyboardInterrupt
    assert stopped.value.__notes__ == [f"{tmp_path / 'a.csv'} was not written."]
