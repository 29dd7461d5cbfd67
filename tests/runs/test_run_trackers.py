"""A run and its trackers, which are sent its log and change nothing in the run."""

import csv
import itertools
import time
from dataclasses import replace

import pytest
from fake_tracker import FakeTracker
from kills import Killed

from kbert import (
    InputError,
    PretrainConfig,
    RunCheckpoint,
    TrainConfig,
    pretrain,
    resume,
    train,
)
from kbert.runs.run_directory import RunDirectory
from kbert.trackers import find_trackers, log_mirror

# A tracker reads the files of a run, which are the same on each backend.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(autouse=True)
def _fake(monkeypatch):
    monkeypatch.setattr(FakeTracker, "runs", {})
    monkeypatch.setattr(FakeTracker, "fails_in", "")
    monkeypatch.setitem(find_trackers._TRACKERS, "mlflow", FakeTracker)


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "plain"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        batch_size=8,
        dev_proportion=0.2,
        checkpoint_steps=4,
        evaluate_every=5,
        baseline="none",
        report=False,
        allow=("too-few-updates",),
    )


@pytest.fixture(scope="module")
def plain(config):
    """The model of a run without trackers."""
    return model_of(train(config, verbose=0))


def model_of(run):
    return (run.model_folder / "model.safetensors").read_bytes()


def assert_tells_the_log(kept, run):
    """Check that a tracker has each step of the run's log once, and all evaluations."""
    with (run.path / "learning_rate.csv").open(encoding="utf-8", newline="") as file:
        rows = [(float(row["learning_rate"]), float(row["loss"])) for row in csv.DictReader(file)]
    steps = sorted(kept["steps"].items())
    assert [step for step, _ in steps] == list(range(len(rows) + 1))
    told = [(values["train/learning_rate"], values["train/loss"]) for _, values in steps[:-1]]
    assert told == rows
    assert kept["doubled"] == []
    # After 5, 10 and all 11 batches of each epoch.
    evaluated = [step for step, values in steps if "dev/accuracy" in values]
    assert evaluated == [5, 10, 11, 16, 21, 22]


def test_a_tracked_run_is_reported_and_has_the_same_bits(config, plain, tmp_path):
    run = train(replace(config, output=str(tmp_path / "a"), report_to="mlflow"), verbose=0)
    assert model_of(run) == plain
    (kept,) = FakeTracker.runs.values()
    assert_tells_the_log(kept, run)
    ((end, step),) = kept["ends"]
    assert (end.status, step) == ("finished", 22)
    assert end.findings == tuple(finding["code"] for finding in run.record["findings"])
    assert end.scores["best/dev/accuracy"] == run.best_scores()["accuracy"]
    assert kept["run"].settings["epochs"] == 2
    assert kept["run"].name == "a"


def vanish(mirror, *args):
    mirror._trackers.clear()
    mirror._is_over.set()


def killed_in(batch, call, monkeypatch):
    """End a call as a kill does: its tracker is sent nothing more."""
    counts = itertools.count()
    original = RunCheckpoint.on_train_batch_begin

    def kill(self, *args, **kwargs):
        if next(counts) == batch:
            time.sleep(0.1)  # so that the tracker has all before it
            self._writer.wait()
            raise Killed
        return original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(log_mirror, "_EVERY", 0.01)
        patch.setattr(log_mirror.LogMirror, "finish", vanish)
        patch.setattr(RunCheckpoint, "on_train_batch_begin", kill)
        with pytest.raises(Killed):
            call()


def test_after_kills_no_step_is_missing_or_doubled(config, plain, tmp_path, monkeypatch):
    run = RunDirectory(tmp_path / "a")
    tracked = replace(config, output=str(run.path), report_to="mlflow")
    killed_in(7, lambda: train(tracked, verbose=0), monkeypatch)
    (kept,) = FakeTracker.runs.values()
    # Further than the checkpoint after 5 batches, where the run resumes.
    assert max(kept["steps"]) == 6
    kept["doubled"].clear()
    killed_in(8, lambda: resume(run.path, verbose=0), monkeypatch)
    assert set(kept["doubled"]) == set(range(7))  # it was sent all again, and left those out
    kept["doubled"].clear()
    resume(run.path, verbose=0)
    assert len(FakeTracker.runs) == 1
    kept["doubled"].clear()
    assert model_of(run) == plain
    assert_tells_the_log(kept, run)


def test_a_changed_plan_is_another_run_to_a_tracker(config, tmp_path, monkeypatch):
    tracked = replace(config, output=str(tmp_path / "a"), report_to="mlflow")
    killed_in(7, lambda: train(tracked, verbose=0), monkeypatch)
    resume(tmp_path / "a", batch_size=16, verbose=0)
    assert len(FakeTracker.runs) == 2
    *_, kept = FakeTracker.runs.values()
    assert list(kept["steps"]) == list(range(max(kept["steps"]) + 1))


def test_a_tracker_that_fails_changes_nothing(config, plain, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(FakeTracker, "fails_in", "send")
    run = train(replace(config, output=str(tmp_path / "a"), report_to="mlflow"))
    assert run.record["status"] == "finished"
    assert model_of(run) == plain
    told = [line for line in capsys.readouterr().out.splitlines() if "Fake" in line]
    assert told[-1] == "Fake is left out from here on: No space left on device."
    assert len(told) <= 2


def test_a_missing_library_is_refused_before_a_folder_exists(config, tmp_path, monkeypatch):
    monkeypatch.setattr(FakeTracker, "package", "no_such_package")
    with pytest.raises(InputError, match="no_such_package, which is not installed"):
        train(replace(config, output=str(tmp_path / "a"), report_to="mlflow"), verbose=0)
    assert list(tmp_path.iterdir()) == []


def test_a_resumed_run_keeps_its_tracker_unless_changed(config, tmp_path, monkeypatch):
    tracked = replace(config, output=str(tmp_path / "a"), report_to="mlflow")
    killed_in(7, lambda: train(tracked, verbose=0), monkeypatch)
    before = {name: len(kept["steps"]) for name, kept in FakeTracker.runs.items()}
    monkeypatch.setattr(FakeTracker, "package", "no_such_package")
    with pytest.raises(InputError, match="which is not installed"):
        resume(tmp_path / "a", verbose=0)
    resume(tmp_path / "a", report_to="none", verbose=0)
    assert {name: len(kept["steps"]) for name, kept in FakeTracker.runs.items()} == before


def test_a_pretraining_run_is_reported_too(config, sentences, tmp_path):
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(sentences[0]) + "\n", encoding="utf-8")
    pretraining = PretrainConfig(
        data=str(texts),
        output=str(tmp_path / "a"),
        preset=config.preset,
        weights="random",
        max_length=8,
        batch_size=16,
        epochs=1,
        dev_proportion=0.2,
        report_to="mlflow",
        allow=("too-few-updates",),
    )
    run = pretrain(pretraining, verbose=0)
    (kept,) = FakeTracker.runs.values()
    *trained, last = sorted(kept["steps"].items())
    assert all("train/loss" in values for _, values in trained)
    assert last[1]["dev/loss"] == run.best_scores()["loss"]
    assert kept["ends"][0][0].status == "finished"


def test_each_fold_is_a_run_of_its_own(config, tmp_path):
    folds = replace(
        config,
        output=str(tmp_path / "a"),
        report_to="mlflow",
        folds=2,
        epochs=1,
        dev_proportion=TrainConfig.dev_proportion,
    )
    train(folds, verbose=0)
    runs = [kept["run"] for kept in FakeTracker.runs.values()]
    assert [(run.name, run.group) for run in runs] == [("a/fold-1", "a"), ("a/fold-2", "a")]
