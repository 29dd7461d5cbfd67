import errno
import os
import threading
from pathlib import Path

import pytest

from kbert.errors import InputError
from kbert.utils.publish import check_free, check_plain, free_path, is_free, publish


def folder(path, text="new"):
    path.mkdir()
    (path / "file").write_text(text)
    return path


def test_a_file_and_a_folder_get_their_names(tmp_path):
    file = tmp_path / ".file.tmp"
    file.write_text("new")
    publish(file, tmp_path / "a.csv")
    publish(folder(tmp_path / ".folder"), tmp_path / "a")
    assert sorted(os.listdir(tmp_path)) == ["a", "a.csv"]
    assert (tmp_path / "a.csv").read_text() == (tmp_path / "a" / "file").read_text() == "new"


def test_an_empty_folder_counts_as_free(tmp_path):
    (tmp_path / "a").mkdir()
    assert is_free(tmp_path / "a")
    publish(folder(tmp_path / ".folder"), tmp_path / "a")
    assert os.listdir(tmp_path / "a") == ["file"]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("written", ["file", "folder"])
@pytest.mark.parametrize("there", ["file", "folder", "link", "broken link"])
def test_nothing_is_ever_replaced(tmp_path, monkeypatch, links, written, there):
    if not links:
        monkeypatch.setattr(os, "link", refuse)
    path, ours = tmp_path / "a", tmp_path / ".new"
    ours.write_text("new") if written == "file" else folder(ours)
    target = tmp_path / "theirs"
    if there == "file":
        path.write_text("theirs")
    elif there == "folder":
        folder(path, "theirs")
    else:
        if there == "link":
            folder(target, "theirs")
        path.symlink_to(target)
    before = {file: file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    assert not is_free(path)
    with pytest.raises(InputError, match="already exists; kbert never overwrites"):
        publish(ours, path)
    assert {file: file.read_text() for file in tmp_path.rglob("*") if file.is_file()} == before
    assert path.is_symlink() == ("link" in there)


def refuse(source, target):
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_only_one_of_many_at_once_succeeds(tmp_path, monkeypatch, links, kind):
    if not links:
        monkeypatch.setattr(os, "link", refuse)
    barrier, failed = threading.Barrier(8), []

    def run(number):
        ours = tmp_path / f".new-{number}"
        ours.write_text(str(number)) if kind == "file" else folder(ours, str(number))
        barrier.wait()
        try:
            publish(ours, tmp_path / "a")
        except InputError:
            failed.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 7
    (winner,) = set(range(8)) - set(failed)
    where = tmp_path / "a" if kind == "file" else tmp_path / "a" / "file"
    assert where.read_text() == str(winner)


def test_a_disk_error_is_not_reported_as_a_taken_name(tmp_path, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    (tmp_path / ".new").write_text("new")
    with pytest.raises(OSError, match="No space left"):
        publish(tmp_path / ".new", tmp_path / "a")


@pytest.mark.parametrize(
    ("taken", "cure"),
    [
        ("labels.csv", "output='labels-1.csv'"),
        ("labels.v2.csv", "output='labels.v2-1.csv'"),
        ("labels.csv.gz", "output='labels-1.csv.gz'"),
        ("labels.JSONL.ZST", "output='labels-1.JSONL.ZST'"),
        ("labels", "output='labels-1'"),
        ("model-v1.2/", "output='model-v1.2-1'"),
        ("README.md", "name another path with `output`"),
        ("setup.py", "name another path with `output`"),
    ],
)
def test_cure_of_a_taken_name_is_a_free_name(taken, cure, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path(taken)
    if taken.endswith("/"):
        path.mkdir()
        path /= "file"
    path.write_text("theirs")
    path = Path(taken)
    with pytest.raises(InputError) as refused:
        check_free(path)
    told = str(refused.value).replace('"', "'")
    assert told == f"{path} already exists; kbert never overwrites files. Cure: {cure}"
    assert free_path(Path("new.csv.gz")) == Path("new.csv.gz")


def test_a_plain_file_cannot_have_a_compressed_suffix(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text("theirs")
    with pytest.raises(InputError, match='^a.csv.gz would not .*Cure: output="a-1.csv"$'):
        check_plain(Path("a.csv.gz"))
    check_plain(Path("a.csv"))
