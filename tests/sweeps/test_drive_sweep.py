"""The order in which runs are trained, and what becomes of those that do not finish."""

import time
from types import SimpleNamespace

import pytest
from sweeps.fake_workers import FakeWorkers, sweep_of

from kbert import MachineError
from kbert.sweeps.drive_sweep import SweepDriver
from kbert.sweeps.study import SweepStudy
from kbert.sweeps.trial import trials_in
from kbert.sweeps.workers.workers import Outcome

RATES = "1e-4,2e-4,3e-4,4e-4"


def scores_by_rate(config):
    """Two epochs; the higher the rate, the better, and a thousandth for the seed."""
    last = config.learning_rate * 1000 + config.seed / 1000
    return [last / 2, last]


def drive(folder, sweep, workers):
    trials = trials_in(folder, sweep.seeds)
    driver = SweepDriver(folder, sweep, trials, SweepStudy(folder, sweep, trials), workers, poll=0)
    return driver.train_all(), trials


def test_a_grid_in_series(tmp_path, capsys):
    sweep = sweep_of({"learning_rate": "1e-4,2e-4"}, tmp_path, seeds=2)
    workers = FakeWorkers(scores_by_rate)
    done, trials = drive(tmp_path, sweep, workers)
    assert done
    assert workers.started == [(1e-4, 0), (1e-4, 1), (2e-4, 0), (2e-4, 1)]
    assert workers.most == 1
    assert trials[1].scores() == {0: pytest.approx(0.2), 1: pytest.approx(0.201)}
    printed = capsys.readouterr().out
    assert "Setting 1 of 2, learning_rate=0.0001: 0.1005 ± 0.0007 (2 seeds), 2 min 0 s" in printed
    assert "Left: 3 runs, 1 at a time" in printed


def test_jobs_is_how_many_runs_train_at_once(tmp_path):
    workers = FakeWorkers(scores_by_rate)
    done, _ = drive(tmp_path, sweep_of({"learning_rate": RATES}, tmp_path, jobs=3), workers)
    assert done
    assert workers.most == 3
    assert sorted(workers.started) == [(rate / 1e4, n) for rate in (1, 2, 3, 4) for n in range(3)]


def test_a_sweep_killed_at_any_moment_resumes(tmp_path):
    class Killed(BaseException):
        pass

    def dies_at(number):
        def scores(config):
            if len(workers.started) == number:
                raise Killed
            return scores_by_rate(config)

        return scores

    sweep = sweep_of({"learning_rate": "1e-5:1e-2"}, tmp_path, trials=4, seeds=2)
    whole = FakeWorkers(scores_by_rate)
    _, expected = drive(tmp_path, sweep, whole)
    for number in (1, 4, 6):
        folder = tmp_path / f"killed-{number}"
        folder.mkdir()
        workers = FakeWorkers(dies_at(number))
        with pytest.raises(Killed):
            drive(folder, sweep, workers)
        again = FakeWorkers(scores_by_rate)
        done, trials = drive(folder, sweep, again)
        assert done
        assert [*workers.started[:-1], *again.started] == whole.started
        assert [trial.setting for trial in trials] == [trial.setting for trial in expected]


def test_median_pruning_gives_up_what_lags_behind(tmp_path, capsys):
    sweep = sweep_of({"learning_rate": "3e-4,4e-4,1e-4,5e-4"}, tmp_path, seeds=2, prune="median")
    workers = FakeWorkers(scores_by_rate)
    done, trials = drive(tmp_path, sweep, workers)
    assert done
    # After its first epoch the third has 0.05; the median of the two before is 0.175.
    assert [trial.state for trial in trials] == ["complete", "complete", "pruned", "complete"]
    assert trials[2].end["reason"] == "after 1 epoch"
    assert (1e-4, 1) not in workers.started
    assert "learning_rate=0.0001: given up, after 1 epoch" in capsys.readouterr().out
    SweepStudy(tmp_path, sweep, trials_in(tmp_path, sweep.seeds))
    assert capsys.readouterr().out == ""  # the database agrees


@pytest.mark.parametrize("prune", ["median", "hyperband"])
@pytest.mark.parametrize("is_lost", [True, False])
def test_pruning_is_the_same_after_a_kill(prune, is_lost, tmp_path):
    """With the database, and with one that is built again from the folders."""

    class Killed(BaseException):
        pass

    def scores(config):
        last = config.learning_rate * 997 % 1  # neither rising nor falling
        return [last * epoch / 9 for epoch in range(1, 10)]

    def dies(config):
        if len(dying.started) == 8:
            raise Killed
        return scores(config)

    rates = ",".join(f"{number}e-4" for number in (9, 3, 7, 1, 8, 2, 6, 5, 4, 11, 10, 12))
    sweep = sweep_of({"learning_rate": rates, "epochs": "9"}, tmp_path, seeds=1, prune=prune)
    (whole_folder := tmp_path / "whole").mkdir()
    whole = drive(whole_folder, sweep, FakeWorkers(scores))[1]
    (folder := tmp_path / "killed").mkdir()
    dying = FakeWorkers(dies)
    with pytest.raises(Killed):
        drive(folder, sweep, dying)
    if is_lost:
        (folder / "study.db").unlink()
    resumed = drive(folder, sweep, FakeWorkers(scores))[1]
    ends = [(trial.state, (trial.end or {}).get("reason")) for trial in whole]
    assert [(trial.state, (trial.end or {}).get("reason")) for trial in resumed] == ends
    assert 2 < [state for state, _ in ends].count("pruned") < 10
    best = max(whole, key=lambda trial: scores(SimpleNamespace(**trial.setting))[-1])
    assert best.state == "complete"
    if prune == "hyperband":  # which looks after 1, 3 and 9 epochs
        assert {reason for state, reason in ends if state == "pruned"} <= {
            *("after 1 epoch", "after 3 epochs", "after 9 epochs")
        }


def test_a_setting_that_fails_does_not_end_the_others(tmp_path, capsys):
    def scores(config):
        if config.learning_rate == 2e-4:
            return Outcome("refused", "Out of memory: a step does not fit.")
        return scores_by_rate(config)

    sweep = sweep_of({"learning_rate": "1e-4,2e-4,3e-4"}, tmp_path, seeds=2)
    done, trials = drive(tmp_path, sweep, FakeWorkers(scores))
    assert done
    assert [trial.state for trial in trials] == ["complete", "failed", "complete"]
    printed = capsys.readouterr().out
    assert "Setting 2 of 3, learning_rate=0.0002, has failed: Out of memory: a step" in printed


def test_a_killed_run_is_restarted_but_not_forever(tmp_path):
    kills = []

    def scores(config):
        if config.learning_rate == 2e-4 or not kills:
            kills.append(config.learning_rate)
            return Outcome("killed", "status -9")
        return scores_by_rate(config)

    sweep = sweep_of({"learning_rate": "1e-4,2e-4"}, tmp_path, seeds=1)
    _, trials = drive(tmp_path, sweep, FakeWorkers(scores))
    assert kills == [1e-4, 2e-4, 2e-4, 2e-4]
    assert [trial.state for trial in trials] == ["complete", "failed"]
    assert "killed 3 times from outside (status -9)" in trials[1].end["reason"]


def test_a_lack_of_resources_ends_the_sweep(tmp_path, monkeypatch):
    def scores(config):
        full = Outcome("machine", "no space left on the device")
        return full if config.seed == 1 else scores_by_rate(config)

    sweep = sweep_of({"learning_rate": "1e-4,2e-4"}, tmp_path)
    with pytest.raises(MachineError, match="no space left"):
        drive(tmp_path, sweep, FakeWorkers(scores))
    assert [trial.state for trial in trials_in(tmp_path, sweep.seeds)] == ["open"]
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 10}))
        with pytest.raises(MachineError, match=r"has 0\.0 GB left"):
            drive(tmp_path, sweep, FakeWorkers(scores_by_rate))
    assert drive(tmp_path, sweep, FakeWorkers(scores_by_rate))[0]


@pytest.fixture
def slow_workers(monkeypatch):
    """Workers where each look at a run takes a minute: a run of two epochs takes three."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])

    class Slow(FakeWorkers):
        def start(self, job):
            work = super().start(job)
            poll = work.poll

            def slowly():
                clock[0] += 60
                return poll()

            work.poll = slowly
            return work

    return Slow(scores_by_rate)


def test_no_run_starts_that_cannot_end_within_the_budget(tmp_path, slow_workers):
    sweep = sweep_of({"learning_rate": RATES}, tmp_path, seeds=1, budget=8.0)
    done, trials = drive(tmp_path, sweep, slow_workers)
    assert not done
    assert [trial.state for trial in trials] == ["complete", "complete"]
    done, trials = drive(tmp_path, sweep, slow_workers)  # another budget
    assert done
    assert len(slow_workers.started) == len(trials) == 4


def test_the_run_in_progress_stops_when_the_budget_is_over(tmp_path, slow_workers):
    sweep = sweep_of({"learning_rate": "1e-4,2e-4"}, tmp_path, seeds=1, budget=1.5)
    done, trials = drive(tmp_path, sweep, slow_workers)
    assert not done
    assert [trial.state for trial in trials] == ["open"]
    assert trials[0].run(0).record["status"] == "stopped"
