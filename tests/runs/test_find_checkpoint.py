import json

import numpy as np
import pytest

from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.position import Position
from kbert.errors import InputError
from kbert.runs.find_checkpoint import find_checkpoint
from kbert.runs.run_directory import RunDirectory


@pytest.fixture
def run(tmp_path):
    return RunDirectory.create(tmp_path / "run")


@pytest.fixture
def store(run):
    return CheckpointStore(run.checkpoints)


def commit(store, epoch):
    arrays = {"model": {"kernel": np.full(3, epoch, np.float32)}}
    state = {"position": Position(epoch, (), 8, 1).to_dict(), "facts": {}}
    store.commit(f"epoch-{epoch}", arrays, state)


def test_the_last_or_the_named_checkpoint_is_found(run, store):
    for epoch in (1, 2):
        commit(store, epoch)
    last = find_checkpoint(run, store, None)
    assert (last.path.name, last.position.epoch, last.arrays) == ("000002-epoch-2", 2, {})
    assert find_checkpoint(run, store, "000001-epoch-1").position.epoch == 1


def test_the_checkpoint_before_a_damaged_one_is_offered(run, store):
    commit(store, 1)
    file = store.latest() / "model.safetensors"
    file.write_bytes(b"")
    with pytest.raises(InputError, match="model.safetensors is damaged") as refusal:
        find_checkpoint(run, store, None)
    assert refusal.value.cure is None
    commit(store, 2)
    commit(store, 3)
    file = store.latest() / "model.safetensors"
    file.write_bytes(b"")
    with pytest.raises(InputError, match="resume from the checkpoint before it: .*000002-epoch-2"):
        find_checkpoint(run, store, None)


def test_a_run_starts_from_scratch_only_if_it_achieved_nothing(run, store):
    assert find_checkpoint(run, store, None) is None
    (run.path / "run.json").write_text(json.dumps({"status": "finished"}))
    with pytest.raises(InputError, match="its model and its checkpoints are gone") as refusal:
        find_checkpoint(run, store, None)
    assert "continue" not in str(refusal.value)
    run.model_folder.mkdir()
    (run.model_folder / "model.safetensors").write_bytes(b"")
    with pytest.raises(InputError, match="not started from scratch: it contains a model"):
        find_checkpoint(run, store, None)
