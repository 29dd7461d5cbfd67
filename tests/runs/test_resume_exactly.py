"""A run that is interrupted anywhere ends with the same bits as one that is not."""

import csv
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from kills import Killed, killed_after

from kbert import (
    BertClassifier,
    EpochEvaluation,
    RunCheckpoint,
    TrainConfig,
    resume,
    train,
)
from kbert.callbacks.watches.update_watch import UpdateWatch
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.data import epoch_order
from kbert.findings import Cure, Finding
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras


def run_until(batch, call, monkeypatch, *, where="on_train_batch_begin"):
    """Call, and raise `Killed` in the batch of this number, counted from 0."""
    counts = itertools.count()
    original = getattr(RunCheckpoint, where)

    def kill(self, *args, **kwargs):
        if next(counts) == batch:
            self._writer.wait()
            raise Killed
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, where, kill)
        with pytest.raises(Killed):
            call()


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return TrainConfig(
        data=str(reviews),
        output=str(folder / "whole"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        batch_size=8,
        gradient_accumulation_steps=3,
        learning_rate=1e-3,
        dev_proportion=0.2,
        checkpoint_steps=4,
        evaluate_every=5,
        allow=("too-few-updates",),
    )


@pytest.fixture(scope="module")
def finished_after(config):
    """An uninterrupted run of 2 epochs of 11 batches, and its number of file changes."""
    with killed_after(None, config.output) as changes:
        return train(config, verbose=0), changes.count


@pytest.fixture(scope="module")
def finished(finished_after):
    return finished_after[0]


def state_of(run):
    """The run's last checkpoint, the steps of its log, its evaluations and its model."""
    checkpoint = read_checkpoint(CheckpointStore(run.checkpoints).last())
    with (run.path / "learning_rate.csv").open(encoding="utf-8", newline="") as file:
        steps = list(csv.DictReader(file))
    evaluations = json.loads((run.path / "evaluations.json").read_text(encoding="utf-8"))
    return checkpoint, steps, evaluations, (run.model_folder / "model.safetensors").read_bytes()


def assert_same(run, other):
    (left, *told), (right, *others) = state_of(run), state_of(other)
    assert left.position == right.position
    for file, arrays in left.arrays.items():
        assert list(arrays) == list(right.arrays[file])
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, right.arrays[file][name], err_msg=name)
    assert told == others


@pytest.mark.any_backend  # test_killed_in_a_batch runs on each
def test_a_run_is_also_evaluated_inside_its_epochs(finished):
    _, _, evaluations, _ = state_of(finished)
    assert [(e["epoch"], e.get("batch"), e["update"]) for e in evaluations["epochs"]] == [
        *((1, 5, 1), (1, 10, 3), (1, None, 3)),
        *((2, 5, 5), (2, 10, 7), (2, None, 7)),
    ]


@pytest.mark.parametrize(
    "kills",
    [
        *(pytest.param((n,), marks=pytest.mark.any_backend, id=str(n)) for n in (0, 4, 9, 13)),
        pytest.param((9, 3), id="9-3"),
    ],
)
def test_killed_in_a_batch(config, finished, kills, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path))
    run_until(kills[0], lambda: train(first, verbose=0), monkeypatch)
    for batch in kills[1:]:
        run_until(batch, lambda: resume(run.path, verbose=0), monkeypatch)
    resume(run.path, verbose=0)
    assert_same(run, finished)
    assert run.record["status"] == "finished"
    assert [path.name for path in run.checkpoints.iterdir() if path.name.startswith(".")] == []


@pytest.mark.any_backend
def test_a_resumed_run_with_very_many_rows_keeps_its_order(config, tmp_path, monkeypatch):
    """Even if the threshold for very many rows has changed in the meantime."""
    with monkeypatch.context() as patch:
        patch.setattr(epoch_order, "MAX_ROWS_AT_ONCE", 10)
        whole = train(replace(config, output=str(tmp_path / "whole")), verbose=0)
        run = RunDirectory(tmp_path / "run")
        first = replace(config, output=str(run.path))
        run_until(9, lambda: train(first, verbose=0), monkeypatch)
    assert whole.order_version == run.order_version == 2
    resume(run.path, verbose=0)
    assert_same(run, whole)


@pytest.mark.any_backend
def test_a_run_of_an_earlier_version_keeps_its_order(config, finished, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path))
    run_until(9, lambda: train(first, verbose=0), monkeypatch)
    record = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert record.pop("order_version") == 1
    (run.path / "run.json").write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(epoch_order, "MAX_ROWS_AT_ONCE", 10)
    resume(run.path, verbose=0)
    assert_same(run, finished)


@pytest.mark.any_backend  # test_killed_in_a_batch runs on each
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_killed_before_a_change_to_its_directory(config, finished_after, share, tmp_path):
    """After the first tenth or so the run has a record; earlier kills are in test_beginning.py."""
    finished, changes = finished_after
    run = RunDirectory(tmp_path / "run")
    with killed_after(int(changes * share), run.path), pytest.raises(Killed):
        train(replace(config, output=str(run.path)), verbose=0)
    assert run.record.get("status") != "finished"
    resume(run.path, verbose=0)
    assert_same(run, finished)
    assert run.record["status"] == "finished"


@pytest.mark.any_backend  # a matter of files
@pytest.mark.parametrize("epoch", [0])
def test_killed_before_the_end_of_an_epoch_is_saved(config, finished, epoch, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path))
    run_until(epoch, lambda: train(first, verbose=0), monkeypatch, where="on_epoch_end")
    resume(run.path, verbose=0)
    assert_same(run, finished)


@pytest.mark.parametrize("epoch", [0, pytest.param(1, marks=pytest.mark.any_backend)])
def test_stopped_while_it_is_evaluated(config, finished, epoch, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    original = EpochEvaluation.on_epoch_end

    def stop(self, number, logs=None):
        if number == epoch:
            raise KeyboardInterrupt
        original(self, number, logs)

    with monkeypatch.context() as patch:
        patch.setattr(EpochEvaluation, "on_epoch_end", stop)
        with pytest.raises(KeyboardInterrupt):
            train(replace(config, output=str(run.path)), verbose=0)
    last = read_checkpoint(CheckpointStore(run.checkpoints).last())
    assert (last.position.epoch, last.position.evaluated) == (epoch + 1, False)
    resume(run.path, verbose=0)
    assert_same(run, finished)


@pytest.mark.any_backend
def test_a_resumed_run_saves_checkpoints_as_often(config, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path), keep_checkpoints=99, evaluate_every=None)
    run_until(7, lambda: train(first, verbose=0), monkeypatch)
    resume(run.path, verbose=0)
    found = [path.name[7:] for path in CheckpointStore(run.checkpoints).committed()]
    assert found == [
        *("epoch-0-batch-4", "epoch-0-batch-8", "epoch-1-batch-0"),
        *("epoch-1-batch-4", "epoch-1-batch-8", "epoch-2-batch-0"),
    ]


@pytest.mark.any_backend  # a matter of the recorded history
@pytest.mark.parametrize("where", ["on_train_end", "on_epoch_end"])
def test_exhausted_patience_stays_exhausted(config, where, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    # The rate is too small to change a score, so the second epoch is not better.
    changes = {"epochs": 5, "patience": 1, "learning_rate": 1e-12, "evaluate_every": None}
    allow = (*config.allow, "unusual-rate")
    patient = replace(config, output=str(run.path), allow=allow, **changes)
    kill = 0 if where == "on_train_end" else 1
    run_until(kill, lambda: train(patient, verbose=0), monkeypatch, where=where)
    resume(run.path, verbose=0)
    evaluations = json.loads((run.path / "evaluations.json").read_text(encoding="utf-8"))
    assert [epoch["epoch"] for epoch in evaluations["epochs"]] == [1, 2]
    assert run.record["status"] == "finished"
    assert run.record["best_epoch"] == 1


@pytest.mark.any_backend
def test_killed_after_the_last_step(config, finished, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path))
    run_until(0, lambda: train(first, verbose=0), monkeypatch, where="on_train_end")
    assert run.record["status"] == "failed"
    resume(run.path, verbose=0)
    assert_same(run, finished)
    assert run.record["status"] == "finished"
    assert BertClassifier.load(run.path).labels.names == ("bad", "good")


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("where", "kill"), [("on_train_batch_begin", 13), ("on_train_end", 0)], ids=["inside", "after"]
)
def test_findings_from_before_a_kill_are_recorded(config, where, kill, tmp_path, monkeypatch):
    found = Finding("update-ratio", "warning", "The first update is large.", Cure(note="none"))
    monkeypatch.setattr(UpdateWatch, "after", lambda self, update: [] if update else [found])
    run = RunDirectory(tmp_path / "run")
    first = replace(config, output=str(run.path))
    run_until(kill, lambda: train(first, verbose=0), monkeypatch, where=where)
    assert found.to_record() not in run.record["findings"]
    resume(run.path, verbose=0)
    assert run.record["findings"].count(found.to_record()) == 1
