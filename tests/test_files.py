import os
from pathlib import Path

import pytest

from kbert.files import new_directory, write_text


@pytest.fixture
def umask():
    old = os.umask(0o027)
    yield
    os.umask(old)


def mode(path):
    return path.stat().st_mode & 0o777


def test_a_text_is_written_as_it_is_and_replaces_another(tmp_path, umask):
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


def write_pair(path, text):
    with new_directory(path) as folder:
        assert folder != path
        assert folder.parent == path.parent
        (folder / "a.txt").write_text(text)
        (folder / "b.txt").write_text(text)


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_directory_takes_the_place_of_another(tmp_path, umask):
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
        with new_directory(path) as folder:
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
