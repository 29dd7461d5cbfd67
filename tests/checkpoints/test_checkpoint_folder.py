"""Reading a checkpoint folder; damaged ones are in test_checkpoint_store.py."""

import json
import os

import pytest

from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.checkpoint_folder import CheckpointFolder, serial
from kbert.checkpoints.manifest import COMMIT_FILE
from kbert.checkpoints.position import Position
from kbert.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Three committed checkpoints, an uncommitted one, and folders that are not checkpoints."""
    names = ["000009-epoch-1-batch-0", "000010-epoch-1-batch-5", "000011-epoch-1-batch-0"]
    for name in (*names, "000012-epoch-2-batch-0", ".new-000013-epoch-3", "notes"):
        (tmp_path / name).mkdir()
    for name in names:
        (tmp_path / name / COMMIT_FILE).write_text("x")
    for pointer, name in (("last", names[1]), ("best", names[0])):
        (tmp_path / pointer).write_text(json.dumps({"checkpoint": name}))
    return CheckpointFolder(tmp_path)


def names(paths):
    return [path.name for path in paths]


def test_checkpoints_are_ordered_by_number(folder):
    assert [serial(path) for path in folder.directories()] == [9, 10, 11, 12]
    assert [serial(path) for path in folder.committed()] == [9, 10, 11]


def test_last_and_best_are_what_the_pointers_name(folder):
    assert names([folder.last(), folder.best()]) == [
        "000010-epoch-1-batch-5",
        "000009-epoch-1-batch-0",
    ]
    assert folder.latest() == folder.last()


def test_only_committed_checkpoints_are_found_by_name(folder):
    assert folder.named("000011-epoch-1-batch-0") == folder.folder / "000011-epoch-1-batch-0"
    with pytest.raises(InputError, match=r"has no checkpoint '000012-epoch-2-batch-0'. It has: 0"):
        folder.named("000012-epoch-2-batch-0")


def test_at_position_finds_the_newest_up_to_a_checkpoint(folder):
    first, second, third = folder.committed()
    assert folder.at_position("epoch-1-batch-0", until=third) == third
    assert folder.at_position("epoch-1-batch-0", until=second) == first
    assert folder.at_position("epoch-7-batch-0", until=third) is None


def checkpoint(path, best=None):
    return Checkpoint(path, Position(1, (), 0, 5), {}, {}, best=best)


def test_the_best_is_the_one_recorded_in_a_checkpoint(folder):
    first, second, third = folder.committed()
    noted = checkpoint(third, {"checkpoint": first.name})
    assert folder.best_of(noted, "epoch-1-batch-0") == first
    assert folder.best_of(checkpoint(second), "epoch-1-batch-0") == first  # as written by kbert 0.1
    lost = folder.best_of(checkpoint(third), "epoch-8-batch-0")
    assert not lost.exists()
    assert folder.best_as_of(checkpoint(third)) is None  # without an evaluation


def test_a_missing_folder_has_no_checkpoints(tmp_path):
    none = CheckpointFolder(tmp_path / "none")
    assert (none.directories(), none.committed(), none.last(), none.latest()) == (
        [],
        [],
        None,
        None,
    )


def a_file(path):
    path.write_text("x")


def a_link(path):
    path.symlink_to(path.parent / "000009-epoch-1-batch-0")


@pytest.mark.parametrize("kind", [a_file, a_link, os.mkfifo], ids=["file", "link", "pipe"])
@pytest.mark.parametrize("name", ["000013-epoch-2-batch-0", "folder"])
def test_a_file_in_place_of_a_folder_is_refused(name, kind, folder):
    place = folder.folder / name
    kind(place)
    checked = CheckpointFolder(place) if name == "folder" else folder
    if (name, kind) == ("folder", a_link):
        checked.check()  # the folder may lie on another disk
        return
    for refuse in (checked.check, checked.latest):
        with pytest.raises(InputError, match=f"{name} is a file, a pipe or a link; a folder was"):
            refuse()


def test_a_dangling_link_is_refused(tmp_path):
    (tmp_path / "checkpoints").symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="checkpoints is a file, a pipe or a link; a folder was"):
        CheckpointFolder(tmp_path / "checkpoints").check()
