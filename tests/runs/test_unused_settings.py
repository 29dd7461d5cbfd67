"""Settings that a run in Python would not use are refused by name, before anything is read."""

import pytest

from kbert import InputError, TrainConfig, continue_training, resume, train
from kbert.config import read_toml
from kbert.runs import continue_training as module
from kbert.runs.run_config import recorded_config
from kbert.runs.run_directory import RunDirectory


@pytest.fixture
def parent(tmp_path, monkeypatch):
    """A run without weights; these refusals come before they are read."""
    run = RunDirectory.create(tmp_path / "parent")
    settings = TrainConfig("data.csv", preset="tiny", weights="random", dev="dev.csv", epochs=4)
    run.write_config(settings.to_toml())
    run.update(status="finished", labels=["bad", "good"])
    monkeypatch.setattr("kbert.runs.run_config.find_source", lambda run: None)
    return run


@pytest.mark.parametrize("name", ["preset", "weights", "parent"])
def test_a_continued_run_takes_no_other_model(parent, tmp_path, name):
    with pytest.raises(InputError, match=f"`{name}` is not used: the weights are those of"):
        continue_training(parent.path, tmp_path / "new", **{name: "other"})
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["preset", "weights"])
def test_train_with_a_parent_takes_no_other_model(parent, tmp_path, name):
    other = {"preset": "other", "weights": "random"}[name]
    if name == "weights":
        parent.write_config(TrainConfig("data.csv", preset="tiny").to_toml())
    config = TrainConfig(
        "data.csv", parent=str(parent), output=str(tmp_path / "new"), **{name: other}
    )
    with pytest.raises(InputError, match=f"`{name}` is not used: the weights are those of"):
        train(config)


def test_a_parent_must_be_a_run(tmp_path):
    with pytest.raises(InputError, match="not a run directory"):
        train(TrainConfig("data.csv", parent=str(tmp_path), output=str(tmp_path / "new")))


def continued(parent, monkeypatch, **changes):
    """The settings with which a continued run would be trained."""
    seen = []
    monkeypatch.setattr(module, "train_into", lambda run, config, *_: seen.append(config))
    continue_training(parent.path, parent.path.parent / "new", **changes)
    return seen[0]


def test_the_recorded_model_settings_are_the_parents(parent, monkeypatch, tmp_path):
    config = continued(parent, monkeypatch, epochs=2)
    assert (config.preset, config.weights, config.epochs) == ("tiny", "random", 2)
    seen = []
    monkeypatch.setattr("kbert.runs.train.prepare", lambda config: seen.append(config) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(TrainConfig("data.csv", parent=str(parent), output=str(tmp_path / "new")))
    assert (seen[0].preset, seen[0].weights) == ("tiny", "random")


def test_a_change_replaces_what_it_contradicts(parent, monkeypatch, tmp_path):
    config = continued(parent, monkeypatch, dev_proportion=0.3)
    assert (config.dev, config.dev_proportion) == (None, 0.3)
    config = continued(parent, monkeypatch, task="mrpc", data="glue")
    assert (config.task, config.dev) == ("mrpc", None)
    parent.write_config(TrainConfig("data.csv", dev_proportion=0.3).to_toml())
    config = continued(parent, monkeypatch, dev="other.csv")
    assert (config.dev, config.dev_proportion) == ("other.csv", 0.1)
    parent.write_config(TrainConfig("glue", task="mrpc").to_toml())
    (tmp_path / "more.csv").touch()
    config = continued(parent, monkeypatch, data=str(tmp_path / "more.csv"), text="body")
    assert (config.task, config.text) == (None, "body")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "`scale_epochs` is used only with a changed plan"),
        ({"checkpoint_steps": 5}, "`scale_epochs` is used only with a changed plan"),
        ({"batch_size": 4, "epochs": 2}, "computes the epochs: leave out `epochs`"),
        ({"batch_size": 4}, "has no checkpoint yet"),
    ],
    ids=str,
)
def test_epochs_are_scaled_only_for_a_changed_plan(parent, changes, message):
    parent.update(status="stopped")
    with pytest.raises(InputError, match=message):
        resume(parent.path, scale_epochs=True, **changes)


@pytest.mark.parametrize(
    "recorded",
    [
        'dev = "dev.csv"\ndev_proportion = 0.2\n',
        'task = "mrpc"\ndev_proportion = 0.0\n',
        'dev_proportion = 0.0\nmonitor = "loss"\n',
    ],
)
def test_setting_combinations_recorded_by_0_1_are_still_read(recorded, tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    run.write_config(f'data = "data.csv"\n{recorded}')
    assert recorded_config(run).data == "data.csv"
    with pytest.raises(InputError):
        TrainConfig(**read_toml(tmp_path / "run" / "config.toml", TrainConfig.hints()))
