"""Local processes, and tasks of a real Ray cluster, train the runs of a sweep."""

import signal
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sweeps.fake_workers import sweep_of

from kbert import InputError
from kbert.sweeps.drive_sweep import SweepDriver
from kbert.sweeps.study import SweepStudy
from kbert.sweeps.workers.local_workers import LocalWorkers
from kbert.sweeps.workers.workers import Job

MODULE = "tests.sweeps.quick_run"
pytestmark = pytest.mark.slow


@contextmanager
def local():
    yield LocalWorkers(MODULE)


@contextmanager
def on_ray():
    pytest.importorskip(
        "ray", reason="the extra ray is not installed; `make ray` installs it and runs this"
    )
    from kbert.sweeps.workers.ray_workers import RayWorkers

    with pytest.MonkeyPatch.context() as patch:
        # By default the tasks yield to other work on the machine: here to the other tests.
        patch.setenv("RAY_worker_niceness", "0")
        # As if a shell started the sweep in the background; Ray's workers inherit it.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        workers = RayWorkers(MODULE, "local", 2)
        signal.signal(signal.SIGINT, handler)
    try:
        yield workers
    finally:
        workers.close()


@pytest.mark.parametrize("start", [local, on_ray])
def test_runs_train_in_separate_processes(start, tmp_path):
    with start() as workers:
        sweep = sweep_of({"learning_rate": "0.1,0.2,5"}, tmp_path, seeds=2, jobs=2)
        trials = []
        study = SweepStudy(tmp_path, sweep, trials)
        assert SweepDriver(tmp_path, sweep, trials, study, workers).train_all()
        assert [trial.state for trial in trials] == ["complete", "complete", "failed"]
        assert trials[1].scores() == {0: pytest.approx(0.2), 1: pytest.approx(0.201)}
        assert trials[2].end["reason"] == "the loss is not a number"
        stopped_and_killed(workers, tmp_path / "stopped", sweep)


def stopped_and_killed(workers, folder, sweep):
    """A run that is stopped reports it."""
    folder.mkdir()
    config = sweep.run_config({"learning_rate": 0.1, "epochs": 1000}, 0, folder / "run")
    (folder / "run.toml").write_text(config.to_toml())
    job = Job(folder / "run.toml", folder / "run", folder / "log", folder / "outcome", threads=1)
    work = workers.start(job)
    until = time.monotonic() + 120
    while not (folder / "begun").exists() and time.monotonic() < until:
        assert work.poll() is None
        time.sleep(0.05)
    work.stop()
    until = time.monotonic() + 120
    while (outcome := work.poll()) is None and time.monotonic() < until:
        time.sleep(0.05)
    assert outcome.ending == "stopped"


def test_no_cluster():
    pytest.importorskip("ray")
    from kbert.sweeps.workers.ray_workers import RayWorkers

    with pytest.raises(InputError, match=r'no Ray cluster at ray="127.0.0.1:1": .*ray="local"'):
        RayWorkers(MODULE, "127.0.0.1:1", 1)


def test_a_cancellation_lost_by_ray_is_sent_again(monkeypatch):
    from kbert.sweeps.workers import ray_workers

    cancelled = []
    lost = SimpleNamespace(
        wait=lambda references, timeout: ([], references),
        cancel=cancelled.append,
        exceptions=SimpleNamespace(RayError=RuntimeError),
    )
    monkeypatch.setitem(sys.modules, "ray", lost)
    monkeypatch.setattr(ray_workers, "_CANCEL_AGAIN", 0.05)
    work = ray_workers.RayWork(None, "task")
    assert work.poll() is None
    assert cancelled == []
    work.stop()
    time.sleep(0.06)
    assert work.poll() is None
    assert cancelled == ["task", "task"]
