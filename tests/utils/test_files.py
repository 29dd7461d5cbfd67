import itertools
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from kbert.utils.files import (
    atomic_directory,
    atomic_file,
    remove_temporary,
    save_arrays,
    sync_directory,
    write_text,
)


def mode(path):
    return path.stat().st_mode & 0o777


def test_text_is_written_verbatim_and_replaces_the_old_file(tmp_path, umask):
    path = tmp_path / "new" / "a.txt"
    for text in ("one\r\n", "zwei 好\n", ""):
        write_text(path, text)
        assert path.read_bytes() == text.encode()
        assert os.listdir(path.parent) == ["a.txt"]
        assert mode(path) == 0o640


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_text(path, "new \ud800")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_file_is_whole_before_it_has_its_name(tmp_path, monkeypatch):
    seen = []
    replace = os.replace

    def watch(source, target):
        seen.append((Path(source).read_text(), Path(target).exists()))
        replace(source, target)

    monkeypatch.setattr(os, "replace", watch)
    write_text(tmp_path / "a.txt", "whole")
    assert seen == [("whole", False)]


def test_arrays_have_the_permissions_of_any_other_file(tmp_path, umask):
    save_arrays({"a": np.ones(2)}, tmp_path / "a.safetensors")
    assert mode(tmp_path / "a.safetensors") == 0o640


def write_pair(path, text):
    with atomic_directory(path) as folder:
        assert folder != path
        assert folder.parent == path.parent
        (folder / "a.txt").write_text(text)
        (folder / "b.txt").write_text(text)


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_directory_replaces_another(tmp_path, umask):
    path = tmp_path / "runs" / "model"
    write_pair(path, "old")
    (path / "c.txt").write_text("old")
    write_pair(path, "new")
    assert contents(path) == {"a.txt": "new", "b.txt": "new"}
    assert os.listdir(path.parent) == ["model"]
    assert (mode(path), mode(path / "a.txt")) == (0o750, 0o640)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_old_directory(error, tmp_path):
    path = tmp_path / "model"
    write_pair(path, "old")

    def fail():
        with atomic_directory(path) as folder:
            (folder / "a.txt").write_text("new")
            raise error

    with pytest.raises(error):
        fail()
    assert contents(path) == {"a.txt": "old", "b.txt": "old"}
    assert os.listdir(tmp_path) == ["model"]


@pytest.mark.parametrize("failing", [1, 2], ids=["old aside", "new in place"])
def test_a_rename_that_fails_leaves_the_old_directory(failing, tmp_path, monkeypatch):
    path = tmp_path / "model"
    write_pair(path, "old")
    calls = []
    replace = os.replace

    def fail(source, target):
        calls.append(target)
        if len(calls) == failing:
            raise PermissionError("no")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(PermissionError):
        write_pair(path, "new")
    assert contents(path) == {"a.txt": "old", "b.txt": "old"}
    assert os.listdir(tmp_path) == ["model"]


def test_a_file_of_any_kind_is_replaced(tmp_path, umask):
    path, source = tmp_path / "weights", tmp_path / "source"
    source.write_bytes(b"\0new")
    source.chmod(0o777)
    path.write_bytes(b"old")
    atomic_file(path, lambda file: shutil.copy(source, file))
    assert path.read_bytes() == source.read_bytes()
    assert mode(path) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["source", "weights"]


def test_a_writer_may_put_another_file_in_place(tmp_path):
    def write(file):
        other = file.with_name("other")
        other.write_text("whole")
        os.replace(other, file)

    atomic_file(tmp_path / "a", write)
    assert contents(tmp_path) == {"a": "whole"}


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_writer_that_fails_leaves_the_old_file(error, tmp_path):
    path = tmp_path / "a"
    path.write_text("old")

    def write(file):
        file.write_text("half")
        raise error

    with pytest.raises(error):
        atomic_file(path, write)
    assert contents(tmp_path) == {"a": "old"}


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    steps, fsync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (steps.append("fsync"), fsync(handle)))
    monkeypatch.setattr(os, "replace", lambda *names: (steps.append("name"), replace(*names)))
    atomic_file(tmp_path / "a", lambda file: file.write_text("whole"))
    assert steps == ["fsync", "name"]


class Killed(BaseException):
    pass


def kill_at(step, patch):
    """Let nothing change names from a step on, as if the process were killed."""
    taken = itertools.count()

    def wrap(function):
        def take(*arguments, **options):
            if next(taken) >= step:
                raise Killed
            return function(*arguments, **options)

        return take

    for name in ("replace", "unlink", "rmdir", "chmod"):
        patch.setattr(os, name, wrap(getattr(os, name)))


def is_killed(step, function, *arguments):
    """Call a function, and return whether it came to a step."""
    with pytest.MonkeyPatch.context() as patch:
        kill_at(step, patch)
        try:
            function(*arguments)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("name", ["model", "my-model", "a.new", ".a-b.c"])
@pytest.mark.parametrize("there", [True, False], ids=["there", "not there"])
def test_a_directory_is_whole_after_a_kill_at_any_step(there, name, tmp_path):
    old, new = ({"a.txt": text, "b.txt": text} for text in ("old", "new"))
    seen = []
    for step in itertools.count():
        path = tmp_path / str(step) / name
        if there:
            write_pair(path, "old")
        killed = is_killed(step, write_pair, path, "new")
        remove_temporary(path.parent)
        seen.append(contents(path) if path.exists() else None)
        assert os.listdir(path.parent) == [name] * path.exists()
        if not killed:
            break
    assert new in seen
    assert seen == [old if there else None] * seen.index(new) + [new] * (
        len(seen) - seen.index(new)
    )


def test_a_text_is_whole_after_a_kill_at_any_step(tmp_path):
    seen = []
    for step in itertools.count():
        path = tmp_path / str(step) / "a.txt"
        write_text(path, "old")
        killed = is_killed(step, write_text, path, "new")
        remove_temporary(path.parent)
        seen.append(path.read_text())
        assert os.listdir(path.parent) == ["a.txt"]
        if not killed:
            break
    assert sorted(set(seen)) == ["new", "old"]
    assert seen == sorted(seen, reverse=True)


def test_what_a_killed_library_has_written_beside_the_file_is_removed(tmp_path):
    def write(file):
        assert file.parent.parent == tmp_path / str(step)
        own = file.with_name(".tmpr2dnmJ")  # as safetensors does
        own.write_text("new")
        os.replace(own, file)

    seen = []
    for step in itertools.count():
        path = tmp_path / str(step) / "weights"
        write_text(path, "old")
        killed = is_killed(step, atomic_file, path, write)
        remove_temporary(path.parent)
        seen.append(contents(path.parent))
        if not killed:
            break
    assert {text for one in seen for text in one.values()} == {"old", "new"}
    assert all(list(one) == ["weights"] for one in seen)


def leftover(folder, name, text):
    (folder / name).mkdir()
    (folder / name / "a.txt").write_text(text)


def test_a_kill_between_the_two_renames_is_undone(tmp_path):
    leftover(tmp_path, ".my-model-x_1.new.old", "old")
    leftover(tmp_path, ".my-model-x_1.new", "new")
    remove_temporary(tmp_path)
    assert os.listdir(tmp_path) == ["my-model"]
    assert contents(tmp_path / "my-model") == {"a.txt": "old"}


def test_a_replaced_directory_is_not_brought_back(tmp_path):
    leftover(tmp_path, ".model-x_1.new.old", "old")
    leftover(tmp_path, "model", "new")
    remove_temporary(tmp_path)
    assert os.listdir(tmp_path) == ["model"]
    assert contents(tmp_path / "model") == {"a.txt": "new"}


def test_only_temporary_files_are_removed(tmp_path):
    for name in (".a.txt-x_1.tmp", ".my-notes.txt-x_1.tmp"):
        (tmp_path / name).write_text("half")
    leftover(tmp_path, ".model-x_1.new", "half")
    kept = {"a-b.tmp", ".tmp", ".a.tmp", ".a-b.tmp.txt", "a.txt"}
    folders = {"model", "a-b.new", "a-b.new.old", ".a.new", ".new", ".git"}
    for name in kept:
        (tmp_path / name).write_text("mine")
    for name in folders:
        leftover(tmp_path, name, "mine")
        leftover(tmp_path / name, ".b-c.new", "mine")  # not inside other folders
    remove_temporary(tmp_path)
    assert set(os.listdir(tmp_path)) == kept | folders
    assert all((tmp_path / name / ".b-c.new" / "a.txt").exists() for name in folders)


@pytest.mark.parametrize("name", [".my-notes.newer", ".my-site.new.example", ".b-c.new.old.kept"])
def test_a_name_that_only_begins_like_a_leftover_stays(name, tmp_path):
    leftover(tmp_path, name, "mine")
    remove_temporary(tmp_path)
    assert os.listdir(tmp_path) == [name]


def test_a_missing_folder_or_one_without_leftovers(tmp_path):
    remove_temporary(tmp_path)
    remove_temporary(tmp_path / "none")
    assert os.listdir(tmp_path) == []


def test_sync_directory_flushes_the_directory(tmp_path, monkeypatch):
    synced = []
    fsync = os.fsync

    def watch(handle):
        found = os.fstat(handle)
        assert stat.S_ISDIR(found.st_mode)
        synced.append((handle, found.st_ino))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watch)
    sync_directory(tmp_path)
    ((handle, inode),) = synced
    assert inode == tmp_path.stat().st_ino
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def test_sync_directory_raises_if_it_cannot_flush(tmp_path, monkeypatch):
    handles = []

    def fail(handle):
        handles.append(handle)
        raise OSError(28, "No space left on device")

    with pytest.raises(FileNotFoundError):
        sync_directory(tmp_path / "none")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        sync_directory(tmp_path)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handles[0])


def test_sync_directory_does_nothing_on_windows(tmp_path):
    missing = tmp_path / "none"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "name", "nt")
        sync_directory(missing)


def test_save_arrays_raises_an_oserror_with_the_file_name(tmp_path):
    from kbert.utils.files import save_arrays

    with pytest.raises(OSError, match="No such file or directory") as refused:
        save_arrays({"a": np.zeros(3, np.float32)}, tmp_path / "none" / "a.safetensors")
    assert refused.value.filename == str(tmp_path / "none" / "a.safetensors")
