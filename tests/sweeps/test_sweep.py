"""What a sweep compares, and what it refuses before anything starts."""

from dataclasses import replace
from pathlib import Path

import pytest
from sweeps.fake_workers import sweep_of

from kbert import InputError, TrainConfig
from kbert.sweeps.sweep import Sweep, differing


def test_all_combinations_in_order(tmp_path):
    sweep = sweep_of({"learning_rate": "1e-4,1e-3", "dropout": "0,0.1"}, tmp_path, seeds=2)
    found = [tuple(setting.values()) for setting in sweep.grid]
    assert found == [(1e-4, 0.0), (1e-4, 0.1), (1e-3, 0.0), (1e-3, 0.1)]
    assert sweep.trials == 4
    assert sweep.is_whole_grid


def test_all_runs_hold_out_the_same_rows(tmp_path):
    sweep = sweep_of({"learning_rate": "1e-4,1e-3", "seed": "7"}, tmp_path, seeds=3)
    runs = [sweep.run_config({"learning_rate": 1e-3}, seed, Path("run")) for seed in sweep.seeds]
    final = sweep.final_config({"learning_rate": 1e-3}, Path("final"))
    assert [config.seed for config in (*runs, final)] == [7, 8, 9, 10]
    assert {config.seed_of_split for config in (*runs, final)} == {7}
    assert [(c.baseline, c.report) for c in (runs[0], final)] == [("none", False), ("both", True)]


def test_a_sweep_is_read_back_from_its_record(tmp_path):
    sweep = sweep_of({"learning_rate": "1e-5:1e-3"}, tmp_path, trials=5, prune="median", jobs=2)
    again = Sweep.from_record(sweep.config, sweep.to_record())
    assert again == sweep
    assert list(differing(sweep, again)) == []
    more = replace(sweep, options=replace(sweep.options, trials=9, jobs="auto", budget=3.0))
    assert list(differing(sweep, more)) == []
    with pytest.raises(InputError, match="not the settings of a sweep"):
        Sweep.from_record(sweep.config, {"axes": {}, "seeds": 0})


@pytest.mark.parametrize(
    ("texts", "options", "expected"),
    [
        ({"learning_rate": "1e-4,1e-2"}, {}, ["learning_rate"]),
        ({"learning_rate": "1e-4,1e-3", "epochs": "4"}, {}, ["epochs"]),
        ({"learning_rate": "1e-4,1e-3"}, {"seeds": 5}, ["seeds"]),
    ],
)
def test_what_differs_between_sweeps(texts, options, expected, tmp_path):
    before = sweep_of({"learning_rate": "1e-4,1e-3"}, tmp_path)
    assert list(differing(before, sweep_of(texts, tmp_path / "other", **options))) == expected


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        ({}, {"seeds": 1}, "There is nothing to compare"),
        ({"learning_rate": "1e-5:1e-4"}, {}, "is a range, so the number of .* trials=20"),
        ({"learning_rate": "1e-5,-1"}, {}, "`learning_rate` must be"),
        ({"long_text": "head,windows", "stride": "8,16"}, {}, "`stride` belongs to"),
        ({}, {"prune": "median"}, 'prune="median" needs several settings'),
        ({"learning_rate": "1e-5,1e-4", "dev_proportion": "0", "monitor": "loss"}, {}, "dev set"),
        ({"learning_rate": "1e-5,1e-4"}, {"seeds": 0}, "`seeds` must be from 1 to 1000"),
        ({"learning_rate": "1e-5,1e-4"}, {"budget": 0.0}, "`budget` must be above 0"),
        ({"learning_rate": "1e-5,1e-4"}, {"jobs": 0}, "`jobs` must be 1 or more"),
        (
            {
                name: ",".join(map(str, range(1, 30)))
                for name in ("epochs", "batch_size", "patience")
            },
            {},
            "These are 24,389 combinations",
        ),
    ],
)
def test_refusals(texts, options, message, tmp_path):
    with pytest.raises(InputError, match=message):
        sweep_of(texts, tmp_path, **options)


def test_folds_are_not_swept():
    with pytest.raises(InputError, match="by seeds, and not by folds: leave out `folds`"):
        Sweep.of({"data": "a.csv", "folds": 3}, {"learning_rate": "1,2"}, None)


def test_a_dev_file_needs_no_split_seed(tmp_path):
    from kbert.config import SweepOptions

    settings = {"data": "a.csv", "dev": "dev.csv"}
    sweep = Sweep.of(settings, {"learning_rate": "1e-4,1e-3"}, SweepOptions())
    assert sweep.config == TrainConfig(data="a.csv", dev="dev.csv")
