import pytest

from kbert.errors import InputError
from kbert.trackers.mlflow_tracker import MlflowTracker
from kbert.trackers.tracked_run import TrackedEnd, TrackedRun

pytest.importorskip("mlflow")
pytestmark = pytest.mark.filterwarnings("default")  # of MLflow and what it imports


@pytest.fixture
def client(tmp_path, monkeypatch):
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return MlflowClient()


def track(folder, steps, known=None, status="finished", **settings):
    tracker = MlflowTracker()
    tracker.check()
    place = tracker.open(TrackedRun(folder, "run", {"epochs": 1, **settings}), known)
    assert tracker.id in place
    tracker.send(steps)
    tracker.close(TrackedEnd(status, {"best/dev/loss": 0.5}, ("no-warmup",)), len(steps))
    return tracker.id


def test_a_run_continues_without_gaps_or_repeated_steps(client, tmp_path):
    steps = [(n, {"train/loss": 2.0 - n / 1000}) for n in range(1200)]
    steps[3][1]["dev/loss"] = 0.5
    run = track(tmp_path, steps[:700], status="stopped")
    assert client.get_run(run).info.status == "KILLED"
    assert track(tmp_path, steps, run, seed=3) == run
    found = client.get_run(run)
    assert (found.info.status, found.info.run_name) == ("FINISHED", "run")
    assert found.data.params == {"epochs": "1", "seed": "3"}
    assert found.data.tags["kbert.findings"] == "no-warmup"
    history = client.get_metric_history(run, "train/loss")
    assert [(m.step, m.value) for m in history] == [(n, v["train/loss"]) for n, v in steps]
    assert [m.step for m in client.get_metric_history(run, "dev/loss")] == [3]


def test_a_run_unknown_to_mlflow_becomes_a_new_one(client, tmp_path):
    run = track(tmp_path, [(0, {"train/loss": 2.0})], "0" * 32)
    assert run != "0" * 32
    assert client.get_run(run).data.metrics["train/loss"] == 2.0


def test_a_store_that_cannot_be_opened_is_refused(client, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://here")
    with pytest.raises(InputError, match="MLflow cannot be used"):
        MlflowTracker().check()
