"""Optuna's study, which is derived from the folders of the runs."""

import sqlite3

import optuna
import pytest
from sweeps.fake_workers import sweep_of, write_epochs

from kbert.sweeps.study import SweepStudy
from kbert.sweeps.trial import Trial, trials_in


def begun(folder, sweep, *rates, scores=()):
    """Trials with these learning rates; each score is that of all its runs."""
    trials = []
    for number, rate in enumerate(rates):
        trial = Trial.begin(
            folder / f"trial-{number + 1}", number, sweep.seeds, {"learning_rate": rate}
        )
        if number < len(scores):
            for seed in sweep.seeds:
                write_epochs(trial.run(seed).path, [scores[number] / 2, scores[number]])
        trials.append(trial)
    return trials


def stored(folder):
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'study.db'}")
    return optuna.load_study(study_name="sweep", storage=storage).trials


def test_the_database_is_rebuilt_from_the_folders(tmp_path, capsys):
    sweep = sweep_of({"learning_rate": "1e-4,1e-3,1e-2"}, tmp_path, seeds=2)
    trials = begun(tmp_path, sweep, 1e-4, 1e-3, 1e-2, scores=[0.5, 0.7])
    trials[2].end_early("failed", "it was too large")
    SweepStudy(tmp_path, sweep, trials)
    assert "study.db was missing, and was rebuilt from the runs" in capsys.readouterr().out
    found = stored(tmp_path)
    assert [trial.state.name for trial in found] == ["COMPLETE", "COMPLETE", "FAIL"]
    assert [trial.value for trial in found] == [0.5, 0.7, None]
    assert [trial.params["learning_rate"] for trial in found] == [1e-4, 1e-3, 1e-2]
    # For the second seed, the mean of its scores after each epoch and the first seed's 0.7.
    assert found[1].intermediate_values == pytest.approx({1: 0.35, 2: 0.7, 3: 0.525, 4: 0.7})
    SweepStudy(tmp_path, sweep, trials_in(tmp_path, sweep.seeds))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("damage", ["lost", "truncated", "another value", "a trial too many"])
def test_the_folders_win_if_the_database_differs(damage, tmp_path, capsys):
    sweep = sweep_of({"learning_rate": "1e-4,1e-3,1e-2"}, tmp_path)
    trials = begun(tmp_path, sweep, 1e-4, 1e-3, scores=[0.5, 0.7])
    study = SweepStudy(tmp_path, sweep, trials)
    file = tmp_path / "study.db"
    if damage == "lost":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(file.read_bytes()[:5000])
    elif damage == "another value":
        with sqlite3.connect(file) as database:
            database.execute("UPDATE trial_values SET value = 0.9 WHERE value = 0.5")
        database.close()
    else:
        study.begin(Trial.begin(tmp_path / "gone", 2, sweep.seeds, {"learning_rate": 1e-2}))
    capsys.readouterr()
    SweepStudy(tmp_path, sweep, trials)
    assert "was rebuilt from" in capsys.readouterr().out
    assert [trial.value for trial in stored(tmp_path)] == pytest.approx([0.5, 0.7])


def test_proposals_depend_only_on_the_trials(tmp_path):
    sweep = sweep_of({"learning_rate": "1e-5:1e-2"}, tmp_path, trials=9, seeds=1)
    scores = [0.5, 0.7, 0.6, 0.4]
    trials = begun(tmp_path, sweep, 1e-4, 1e-3, 1e-2, 2e-5, scores=scores)
    first = SweepStudy(tmp_path, sweep, trials).propose()
    (tmp_path / "study.db").unlink()
    again = SweepStudy(tmp_path, sweep, trials).propose()
    assert first == again
    assert 1e-5 <= first["learning_rate"] <= 1e-2
    fewer = SweepStudy(tmp_path, sweep, trials[:3]).propose()
    assert fewer != first


def test_listed_values_are_not_tried_twice(tmp_path):
    sweep = sweep_of({"learning_rate": "1e-4,1e-3,1e-2", "dropout": "0,0.1"}, tmp_path, trials=5)
    study, tried = SweepStudy(tmp_path, sweep), []
    for number in range(5):
        setting = study.propose()
        study.begin(Trial.begin(tmp_path / f"trial-{number + 1}", number, sweep.seeds, setting))
        tried.append(tuple(setting.values()))
    assert len(set(tried)) == 5


def test_the_decisive_setting_is_the_most_important(tmp_path):
    sweep = sweep_of({"learning_rate": "1,2,3,4", "dropout": "0,0.1,0.2"}, tmp_path, seeds=1)
    trials = []
    for number, setting in enumerate(sweep.grid):
        trial = Trial.begin(tmp_path / f"trial-{number + 1}", number, sweep.seeds, setting)
        write_epochs(trial.run(0).path, [setting["learning_rate"] / 10 + setting["dropout"] / 100])
        trials.append(trial)
    found = SweepStudy(tmp_path, sweep, trials).importance()
    assert found["learning_rate"] > 0.9
    assert sum(found.values()) == pytest.approx(1)
    (tmp_path / "study.db").unlink()
    assert SweepStudy(tmp_path, sweep, trials[:7]).importance() is None
