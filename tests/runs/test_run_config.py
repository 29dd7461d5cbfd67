"""Settings of a run that is taken up from another folder than it was started in."""

import pytest

from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.runs.run_config import check_is_run, run_config
from kbert.runs.run_directory import RunDirectory


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run that was started in one folder, and is looked at from another."""
    start, here = tmp_path / "start", tmp_path / "here"
    for folder in (start, here):
        folder.mkdir()
    (start / "data.csv").touch()
    (start / "dev.csv").touch()
    run = RunDirectory.create(start / "run")
    run.write_config(TrainConfig(data="data.csv", dev="dev.csv", test="none.csv").to_toml())
    run.update(started_in=str(start))
    monkeypatch.chdir(here)
    return run


def test_paths_are_found_from_where_the_run_was_started(run, tmp_path):
    config = run_config(run)
    assert config.data == str(tmp_path / "start" / "data.csv")
    assert config.dev == str(tmp_path / "start" / "dev.csv")
    assert (config.test, config.preset) == ("none.csv", "minilm")


def test_a_run_of_kbert_0_1_gave_each_text_a_row(run):
    path = run.path / "config.toml"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "packing" not in line))
    assert run_config(run).packing == "off"


def test_a_pattern_is_found_from_where_the_run_was_started(run, tmp_path):
    settings = {"data": "d*.csv", "dev": "**/dev.csv", "test": "n*.csv"}
    run.write_config(TrainConfig(**settings).to_toml())
    config = run_config(run)
    assert config.data == str(tmp_path / "start" / "d*.csv")
    assert config.dev == str(tmp_path / "start" / "**" / "dev.csv")
    assert config.test == "n*.csv"
    (tmp_path / "here" / "data.csv").touch()
    assert run_config(run).data == "d*.csv"


def test_a_file_that_is_here_comes_first(run, tmp_path):
    (tmp_path / "here" / "data.csv").touch()
    config = run_config(run)
    assert config.data == "data.csv"
    assert config.dev == str(tmp_path / "start" / "dev.csv")


def test_a_run_that_does_not_tell_where_it_was_started(run):
    (run.path / "run.json").unlink()
    assert run_config(run).data == "data.csv"


def test_a_run_without_its_settings_has_a_model_only_where_there_is_one(run):
    (run.path / "config.toml").unlink()
    with pytest.raises(InputError) as refused:
        check_is_run(run)
    assert str(refused.value) == (
        f"{run} is a run without its config.toml. Cure: restore it from a copy"
    )
    run.model_folder.mkdir()
    (run.model_folder / "config.json").touch()
    with pytest.raises(InputError, match="from a copy; the model is usable as .*model$"):
        check_is_run(run)
