import functools
import hashlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import namedtuple
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from safetensors import SafetensorError

from kbert.checkpoints import checkpoint_files, checkpoint_store, manifest
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.position import Position
from kbert.errors import InputError, KbertError, MachineError
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord

FILES = ["COMMITTED", "counters.safetensors", "manifest.json", "model.safetensors"]
FILES += ["optimizer.safetensors", "state.json"]
STEPS = ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync", "chmod")


def arrays(number, size=12):
    return {
        "model": {"kernel": np.full(size, number, np.float32)},
        "optimizer": {"kernel/m": np.full(size, number / 8, np.float32)},
        "counters": {"seeds/0": np.array([number, 7], np.int64)},
    }


def commit(store, number, *, best=False, size=12):
    state = {"position": Position(number, (), 80 * number, 10 * number).to_dict(), "facts": {}}
    return store.commit(f"epoch-{number}", arrays(number, size), state, best=best)


def number(path):
    """Return the number of a checkpoint, and check that every file is of this number."""
    if path is None:
        return None
    found = read_checkpoint(path)
    epoch = found.position.epoch
    for file, named in arrays(epoch).items():
        for name, array in named.items():
            np.testing.assert_array_equal(found.arrays[file][name], array, strict=True)
    return epoch


def numbers(store):
    return [number(path) for path in store.committed()]


@pytest.fixture(autouse=True)
def _quick_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # fsync takes seconds on a busy disk


@pytest.fixture
def store(tmp_path):
    return CheckpointStore(tmp_path / "checkpoints")


@pytest.fixture
def two(store):
    commit(store, 1, best=True)
    commit(store, 2)
    return store


def test_a_commit_leaves_its_files_and_nothing_else(store):
    path = commit(store, 1)
    assert path == store.folder / "000001-epoch-1"
    assert sorted(os.listdir(path)) == FILES
    assert sorted(os.listdir(store.folder)) == ["000001-epoch-1", "last"]
    assert json.loads((store.folder / "last").read_text()) == {"checkpoint": "000001-epoch-1"}
    path = commit(store, 2, best=True)
    assert path == store.folder / "000002-epoch-2"
    assert sorted(os.listdir(path)) == FILES
    assert sorted(os.listdir(store.folder)) == ["000001-epoch-1", path.name, "best", "last"]


def test_last_and_best_point_to_the_right_checkpoints(store):
    assert (store.last(), store.best()) == (None, None)
    expected = [(False, None), (True, 2), (False, 2), (True, 4), (False, 4)]
    for made, (best, best_number) in enumerate(expected, 1):
        commit(store, made, best=best)
        for each in (store, CheckpointStore(store.folder)):
            assert (number(each.last()), number(each.best())) == (made, best_number)


@pytest.mark.parametrize(
    ("keep", "best", "kept"),
    [
        (1, 2, [2, 6]),
        (2, 2, [2, 5, 6]),
        (3, 2, [2, 4, 5, 6]),
        (1, None, [6]),
        (2, 6, [5, 6]),
        (3, 5, [4, 5, 6]),
        (9, 1, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_the_last_few_and_the_best_are_kept(keep, best, kept, tmp_path):
    store = CheckpointStore(str(tmp_path), keep)
    for made in range(1, 7):
        commit(store, made, best=made == best)
    assert numbers(store) == kept
    assert len(os.listdir(tmp_path)) == len(kept) + 1 + (best is not None)


@pytest.mark.parametrize("keep", [0, -1])
def test_keep_must_be_at_least_one(keep, tmp_path):
    with pytest.raises(
        KbertError, match=f"^`keep` must be a whole number, 1 or more. Received: {keep}$"
    ):
        CheckpointStore(tmp_path, keep)


@pytest.mark.parametrize(
    "name", ["Epoch_1", "", "epoch 1", "epoch-1\n", "../x", "a/b", "epoch.1", "é"], ids=ascii
)
def test_an_invalid_name_is_refused(name, two):
    before = sorted(two.folder.rglob("*"))
    for each in (two, CheckpointStore(two.folder.parent / "new")):
        with pytest.raises(KbertError) as caught:
            each.commit(name, arrays(3), {})
        assert caught.type is InputError  # not a MachineError
        assert str(caught.value) == f"`name` may contain a-z, 0-9 and -. Received: {name!r}"
        assert not (two.folder.parent / "new").exists()
    assert sorted(two.folder.rglob("*")) == before


def test_a_missing_folder_has_no_checkpoints(store):
    store.clean()
    assert (store.last(), store.best(), store.committed()) == (None, None, [])
    assert not store.folder.exists()
    with pytest.raises(KbertError, match=r"has no checkpoint '000001-a'. It has: none.$"):
        store.named("000001-a")


def test_serial_numbers_can_outgrow_six_digits(two):
    (two.folder / "000002-epoch-2").rename(two.folder / "999999-epoch-2")
    two.rewind_to(two.named("999999-epoch-2"), two.best())
    assert commit(two, 3).name == "1000000-epoch-3"
    assert commit(two, 4).name == "1000001-epoch-4"
    assert numbers(two) == [1, 3, 4]


def test_the_next_commit_removes_leftovers_and_nothing_else(two):
    folder = two.folder
    for leftover in (".new-000009-epoch-9", ".new-000003-epoch-3", "000007-epoch-7", "000004-a"):
        (folder / leftover).mkdir()
        (folder / leftover / "model.safetensors").write_bytes(b"half")
    for leftover in (".last-abc.tmp", ".best-x_1.tmp"):
        (folder / leftover).write_text("half")
    mine = ["notes.txt", ".notes", "000008", "000008-a.txt", "a.tmp"]
    for name in mine:
        (folder / name).write_text("mine")
    for name in ("mine", "12-epoch-1", "epoch-1", "000009-Mine"):
        mine.append(name)
        (folder / name).mkdir()
        (folder / name / "model.safetensors").write_bytes(b"mine")
    assert numbers(two) == [1, 2]
    assert commit(two, 3).name == "000003-epoch-3"
    made = ["000001-epoch-1", "000002-epoch-2", "000003-epoch-3", "best", "last"]
    assert sorted(os.listdir(folder)) == sorted(mine + made)
    assert numbers(two) == [1, 2, 3]


def full(*arguments, **options):
    raise OSError(28, "No space left on device")


def test_a_failed_write_changes_nothing(two, monkeypatch):
    before = sorted(two.folder.rglob("*"))
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_store, "write_files", full)
        with pytest.raises(MachineError) as caught:
            commit(two, 3, best=True)
    assert str(caught.value) == (
        f"The checkpoint epoch-3 cannot be written to {two.folder}: No space left on device. The "
        "checkpoints before it are intact; when there is room again, resume from the last."
    )
    assert sorted(two.folder.rglob("*")) == before
    assert (number(two.last()), number(two.best())) == (2, 1)
    commit(two, 3)
    assert number(two.last()) == 3


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (PermissionError(13, "Permission denied"), "you have permission to write there"),
        (OSError(30, "Read-only file system"), "you have permission to write there"),
        (SafetensorError("IoError: No space left on device"), "there is room again"),
        (SafetensorError("IoError: Permission denied"), "you have permission to write there"),
        (OSError(5, "Input/output error"), "that is fixed"),
    ],
    ids=str,
)
def test_the_cure_fits_the_failure(error, cure, two, monkeypatch):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(checkpoint_store, "write_files", fail)
    with pytest.raises(MachineError, match=f"are intact; when {cure}, resume from the last"):
        commit(two, 3)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (checkpoint_files, "save_arrays"),
        (manifest, "write_text"),
        (manifest, "sync_directory"),
        (os, "rename"),
        (checkpoint_store, "sync_directory"),
        (checkpoint_store, "commit_folder"),
        (os, "replace"),
        (os, "fsync"),
        (os, "mkdir"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_failed_commit_leaves_last_and_best_as_they_were(module, name, two, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module, name, full)
        with pytest.raises(MachineError, match="No space left on device"):
            commit(two, 3, best=True)
    assert (number(two.last()), number(two.best()), numbers(two)) == (2, 1, [1, 2])
    commit(two, 3)
    assert sorted(os.listdir(two.folder))[2:] == ["000003-epoch-3", "best", "last"]
    assert numbers(two) == [1, 2, 3]


def test_a_pointer_that_cannot_be_written_is_reported(two, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_store, "write_text", full)
        with pytest.raises(MachineError, match="No space left on device"):
            commit(two, 3)
    assert (number(two.last()), numbers(two)) == (2, [1, 2, 3])
    commit(two, 4)
    assert (number(two.last()), numbers(two)) == (4, [1, 3, 4])


def test_an_interruption_leaves_no_files_behind(two, monkeypatch):
    before = sorted(two.folder.rglob("*"))

    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoint_store, "write_files", interrupt)
    with pytest.raises(KeyboardInterrupt):
        commit(two, 3)
    assert sorted(two.folder.rglob("*")) == before


def test_too_little_disk_space_is_reported_before_writing(two, monkeypatch):
    usage = namedtuple("usage", "total used free")
    before = sorted(two.folder.rglob("*"))
    needed = sum(a.nbytes for named in arrays(3, 10**6).values() for a in named.values())
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, needed + 1000))
    with pytest.raises(MachineError, match=r"it takes 8\.0 MB, but the disk has 8\.0 MB free\."):
        commit(two, 3, size=10**6)
    assert sorted(two.folder.rglob("*")) == before
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(0, 0, needed + 2**20))
    commit(two, 3, size=10**6)


FULL = """
import resource, sys
import numpy as np
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.errors import MachineError

folder, limit, size, facts = sys.argv[1], *map(int, sys.argv[2:])
store, arrays = CheckpointStore(folder), {"model": {"a": np.ones(size, "f4")}}
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    store.commit("epoch-3", arrays, {"facts": "x" * facts}, best=True)
except MachineError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("limit", "size", "facts"),
    [(2**16, 2**18, 0), (2**16, 8, 2**18), (200, 8, 0), (0, 8, 0)],
    ids=["arrays", "state", "manifest", "nothing"],
)
def test_a_full_disk_changes_nothing(limit, size, facts, two):
    before = {path: path.is_dir() or path.read_bytes() for path in two.folder.rglob("*")}
    found = subprocess.run(
        [sys.executable, "-c", FULL, str(two.folder), str(limit), str(size), str(facts)],
        capture_output=True,
        text=True,
        timeout=60,
        preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN),
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith(f"The checkpoint epoch-3 cannot be written to {two.folder}: ")
    assert "File too large" in found.stdout
    after = {path: path.is_dir() or path.read_bytes() for path in two.folder.rglob("*")}
    assert after == before
    assert (number(two.last()), number(two.best())) == (2, 1)


def test_a_folder_that_cannot_be_created_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match=r"cannot be written to .*file/a: "):
        commit(CheckpointStore(tmp_path / "file" / "a"), 1)


def test_rewinding_to_an_earlier_checkpoint(store):
    store.keep = 3
    for made in range(1, 5):
        commit(store, made, best=made == 1)
    store.rewind_to(store.named("000002-epoch-2"), store.named("000001-epoch-1"))
    assert (number(store.last()), number(store.best())) == (2, 1)
    assert numbers(store) == [1, 2, 3, 4]
    assert commit(store, 5).name == "000005-epoch-5"
    assert (number(store.last()), numbers(store)) == (5, [1, 3, 4, 5])


@pytest.mark.parametrize("best", [1, 2, None])
def test_rewinding_to_before_the_best(best, tmp_path):
    store = CheckpointStore(tmp_path, 9)
    for made in range(1, 5):
        commit(store, made, best=made == 3)
    path = store.named("000002-epoch-2")
    store.rewind_to(path, None if best is None else store.at_position(f"epoch-{best}", path))
    assert (number(store.last()), store.best() and number(store.best())) == (2, best)
    commit(store, 5)


def test_at_position_finds_the_newest_up_to_a_checkpoint(tmp_path):
    store = CheckpointStore(tmp_path, 9)
    for made in (1, 2, 1, 3, 1):
        commit(store, made)
    for until, expected in ((2, 1), (3, 3), (4, 3), (5, 5)):
        found = store.at_position("epoch-1", store.committed()[until - 1])
        assert found.name == f"00000{expected}-epoch-1"
    assert store.at_position("epoch-3", store.committed()[2]) is None
    assert store.at_position("poch-1", store.committed()[2]) is None


def test_the_best_of_every_kept_checkpoint_is_kept(tmp_path):
    """So a run that is rewound to any of them still has its best model as of then."""
    store = CheckpointStore(tmp_path)
    for made, best in ((1, True), (2, False), (3, True)):
        commit(store, made, best=best)
    assert numbers(store) == [1, 2, 3]
    commit(store, 4)
    assert numbers(store) == [3, 4]


def test_the_best_few_as_of_the_last_are_kept(tmp_path):
    store = CheckpointStore(tmp_path / "few", keep=1, keep_best=2)
    history = EvaluationHistory("accuracy")
    for epoch, accuracy in enumerate([0.5, 0.9, 0.7, 0.6, 0.8], 1):
        scores = Evaluation(rows=4, loss=1.0, accuracy=accuracy, macro_f1=0.0, mcc=0.0, classes=())
        is_best = history.add(EvaluationRecord(epoch, epoch, {"dev": scores}))
        state = {
            "position": Position(epoch, (), 80, 10).to_dict(),
            "facts": {},
            "evaluations": history.to_dict(),
        }
        store.commit(f"epoch-{epoch}-batch-0", arrays(epoch), state, best=is_best)
    assert [number(path) for path in store.committed()] == [2, 5]
    assert [number(path) for path in store.best_few(store.last(), 3)] == [2, 5]


def test_a_checkpoint_records_the_best_and_its_weights_checksum(two):
    first, second = (read_checkpoint(path) for path in two.committed())
    weights = (first.path / "model.safetensors").read_bytes()
    assert first.best == {"checkpoint": "000001-epoch-1"}
    expected = {"checkpoint": "000001-epoch-1", "sha256": hashlib.sha256(weights).hexdigest()}
    assert second.best == expected
    shutil.rmtree(first.path)
    assert read_checkpoint(commit(two, 3)).best == expected  # copied from the second
    assert read_checkpoint(commit(two, 4, best=True)).best == {"checkpoint": "000004-epoch-4"}


@pytest.mark.parametrize("name", ["000009-epoch-9", "000003-epoch-3", "../x", "", "last"])
def test_a_name_that_was_never_committed_is_refused(name, two):
    (two.folder / "000003-epoch-3").mkdir()
    with pytest.raises(KbertError) as caught:
        two.named(name)
    assert str(caught.value) == (
        f"{two.folder} has no checkpoint {name!r}. It has: 000001-epoch-1, 000002-epoch-2."
    )
    assert number(two.last()) == 2


RUBBISH = [
    *(b"", b"{", b"[]", b"3", b'"000001-epoch-1"', b"{}", b'{"checkpoint": 5}', b"\xff\xfe"),
    *(b'{"checkpoint": null}', b'{"checkpoint": "../x"}', b'{"checkpoint": "/etc"}'),
    *(b'{"checkpoint": "000001-../../x"}', b'{"checkpoint": "000001-epoch-1\\n"}'),
    b"[" * 200_000 + b"]" * 200_000,
]


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda rubbish: repr(rubbish[:30]))
def test_a_corrupt_pointer_is_refused(rubbish, two):
    for pointer, ask in (("last", two.last), ("best", two.best)):
        (two.folder / pointer).write_bytes(rubbish)
        with pytest.raises(KbertError) as caught:
            ask()
        assert str(caught.value) == (
            f"{two.folder / pointer} does not name a checkpoint. There are: 000001-epoch-1, "
            "000002-epoch-2."
        )
    assert number(two.latest()) == 2
    two.rewind_to(two.named("000001-epoch-1"), two.named("000001-epoch-1"))
    assert (number(two.last()), number(two.best())) == (1, 1)


def test_without_a_usable_last_the_newest_checkpoint_is_used(two, capsys):
    last = two.folder / "last"
    assert (number(two.latest()), capsys.readouterr().out) == (2, "")
    said = f"{last} does not name a checkpoint; the newest complete checkpoint is 000002-epoch-2.\n"
    last.write_text("")
    assert (number(two.latest()), capsys.readouterr().out) == (2, said)
    last.unlink()
    last.symlink_to(two.folder / "best")  # links are not followed
    assert (number(two.latest()), capsys.readouterr().out) == (2, said)
    last.unlink()
    assert number(two.latest()) == 2
    assert capsys.readouterr().out.startswith(
        f"{last} is missing; the newest complete checkpoint is "
    )
    commit(two, 3)
    for spoil in (lambda: (two.last() / "COMMITTED").unlink(), lambda: shutil.rmtree(two.last())):
        spoil()
        assert number(two.latest()) == 2
        out = capsys.readouterr().out
        assert out.startswith(f"{last} names a checkpoint that is missing or incomplete; the ")


def test_a_last_without_complete_checkpoints_is_refused(two):
    for path in two.committed():
        (path / "COMMITTED").unlink()
    with pytest.raises(InputError, match="last refers to a checkpoint, but none is complete"):
        two.latest()
    (two.folder / "last").unlink()
    assert two.latest() is None


@pytest.mark.parametrize("pointer", ["last", "best"])
def test_a_folder_in_place_of_a_pointer_is_refused(pointer, two):
    (two.folder / pointer).unlink()
    (two.folder / pointer).mkdir()
    with pytest.raises(InputError, match=rf"{pointer} is a folder; a file was expected. Cure: rem"):
        two.latest()


def test_a_link_or_file_named_like_a_leftover_is_removed(two, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (two.folder / ".new-000003-a").symlink_to(tmp_path / "elsewhere")
    (two.folder / ".new-000004-a").touch()
    commit(two, 3)
    assert not list(two.folder.glob(".new-*"))
    assert (tmp_path / "elsewhere").is_dir()


def test_a_commit_repairs_a_corrupt_last(two):
    (two.folder / "last").write_text("rubbish")
    commit(two, 3)
    assert number(two.last()) == 3


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda rubbish: repr(rubbish[:30]))
def test_a_corrupt_best_does_not_stop_commits(rubbish, two):
    (two.folder / "best").write_bytes(rubbish)
    for made in (3, 4):
        commit(two, made)
        assert number(two.last()) == made
        assert numbers(two)[-2:] == [made - 1, made]
    assert (two.folder / "best").read_bytes() == rubbish
    commit(two, 5, best=True)  # repairs it
    assert (number(two.last()), number(two.best())) == (5, 5)


def test_a_pointer_to_a_removed_checkpoint(two):
    shutil.rmtree(two.last())
    with pytest.raises(KbertError, match="000002-epoch-2 is missing"):
        read_checkpoint(two.last())
    commit(two, 3)
    assert (number(two.last()), numbers(two)) == (3, [1, 3])


class Killed(BaseException):
    pass


@contextmanager
def killed_at(step):
    """Raise `Killed` at every change to the disk from a step on, like a killed process."""
    taken = itertools.count()

    def wrap(function):
        def take(*arguments, **options):
            if step is not None and next(taken) >= step:
                raise Killed
            return function(*arguments, **options)

        return take

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, wrap(getattr(os, name)))
        patch.setattr(checkpoint_files, "save_arrays", wrap(checkpoint_files.save_arrays))
        yield


def try_to_commit(store, made, step, best):
    """Return whether the commit finished before it was killed at the step."""
    try:
        with killed_at(step):
            commit(store, made, best=best)
    except Killed:
        return False
    return True


COMMITS = st.lists(st.tuples(st.booleans(), st.none() | st.integers(0, 60)), max_size=6)


@given(st.integers(1, 3), COMMITS)
@example(1, [(True, None), (False, None), (True, 30), (False, 45), (True, 50)])
@settings(max_examples=25, deadline=None)
def test_last_and_best_are_complete_whenever_it_is_killed(keep, commits):
    with tempfile.TemporaryDirectory() as folder:
        last = best_made = None
        for made, (best, step) in enumerate(commits, 1):
            whole = try_to_commit(CheckpointStore(folder, keep), made, step, best)
            store = CheckpointStore(folder, keep)
            # After a restart, both are complete checkpoints: the previous one or this one.
            assert number(store.last()) in ([made] if whole else [last, made])
            assert number(store.best()) in (
                [made] if best and whole else [best_made, made] if best else [best_made]
            )
            last, best_made = number(store.last()), number(store.best())
            assert {last, best_made} - {None} <= set(numbers(store))
        made = len(commits) + 1
        store = CheckpointStore(folder, keep)
        assert try_to_commit(store, made, None, False)
        kept = numbers(store)
        assert kept == sorted({*kept, made, *({best_made} - {None})})
        assert len(kept) <= keep + (best_made is not None)
        names = {path.name for path in store.committed()} | {"last"}
        assert set(os.listdir(folder)) == names | ({"best"} if best_made else set())
        assert all(sorted(os.listdir(path)) == FILES for path in store.committed())


@functools.cache
def after_each_kill(best):
    """Kill a commit at each step; return `last` and `best` then, and what one more commit keeps."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        start = CheckpointStore(Path(folder) / "start", keep=1)
        for made in (1, 2):
            commit(start, made, best=made == 1)
        for step in itertools.count():
            store = CheckpointStore(Path(folder) / str(step), keep=1)
            shutil.copytree(start.folder, store.folder)
            ended = try_to_commit(store, 3, step, best)
            last_and_best = number(store.last()), number(store.best())
            assert set(last_and_best) <= set(numbers(store))  # all of them complete
            commit(store, 4)
            found.append((*last_and_best, numbers(store), len(os.listdir(store.folder))))
            if ended:
                return found


@pytest.mark.parametrize("best", [False, True], ids=["another", "the best"])
def test_a_commit_can_be_killed_at_any_step(best):
    found = after_each_kill(best)
    for last, best_made, kept, entries in found:
        assert last in (2, 3)
        assert best_made in ((1, 3) if best else (1,))
        assert kept == [best_made, 4]
        assert entries == 4  # two checkpoints, last and best
    assert [last for last, *_ in found] == sorted(last for last, *_ in found)
    assert (found[0][:2], found[-1][:2]) == ((2, 1), (3, 3 if best else 1))
    assert len(found) > 20


def test_the_best_is_never_behind_the_last():
    # The state of the last says that its epoch is the best; it is not evaluated again.
    assert (3, 1) not in {(last, best) for last, best, *_ in after_each_kill(True)}


def test_tidying_removes_what_the_next_commit_would(tmp_path):
    whole = CheckpointStore(tmp_path / "whole", keep=1)
    for made in (1, 2, 3):
        commit(whole, made, best=made == 1)
    for step in itertools.count():
        store = CheckpointStore(tmp_path / str(step), keep=1)
        for made in (1, 2):
            commit(store, made, best=made == 1)
        ended = try_to_commit(store, 3, step, False)
        named = number(store.last())
        store.tidy()
        newest = numbers(store)[-1]  # which no pointer may name yet
        assert numbers(store) == ([1, 3] if named == 3 else sorted({1, 2, newest}))
        assert [name for name in os.listdir(store.folder) if name.startswith(".")] == []
        if ended:
            assert sorted(os.listdir(store.folder)) == sorted(os.listdir(whole.folder))
            return


def test_the_best_of_a_checkpoint_is_the_one_it_records(tmp_path):
    store = CheckpointStore(tmp_path, 9)
    for made, best in ((1, True), (2, False), (1, False), (3, False)):
        commit(store, made, best=best)
    last = read_checkpoint(store.last())
    assert store.best_of(last, "epoch-1").name == "000001-epoch-1"
    old = replace(last, best=None)  # as written by kbert 0.1
    assert store.best_of(old, "epoch-1").name == "000003-epoch-1"
    assert store.best_of(last, "epoch-2").name == "000002-epoch-2"
    assert not store.best_of(last, "epoch-9").exists()
