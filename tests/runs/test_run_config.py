"""Settings of a run that is used from a folder other than the one it was started in."""

import pytest

from kbert.config import TrainConfig
from kbert.errors import InputError
from kbert.runs.run_config import check_is_run, run_config
from kbert.runs.run_directory import RunDirectory


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run that was started in one folder and is viewed from another."""
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


def test_paths_are_resolved_from_where_the_run_was_started(run, tmp_path):
    config = run_config(run)
    assert config.data == str(tmp_path / "start" / "data.csv")
    assert config.dev == str(tmp_path / "start" / "dev.csv")
    assert (config.test, config.preset) == ("none.csv", "minilm")


def test_a_run_of_kbert_0_1_has_no_packing(run):
    path = run.path / "config.toml"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "packing" not in line))
    assert run_config(run).packing == "off"


def test_a_pattern_is_resolved_from_where_the_run_was_started(run, tmp_path):
    settings = {"data": "d*.csv", "dev": "**/dev.csv", "test": "n*.csv"}
    run.write_config(TrainConfig(**settings).to_toml())
    config = run_config(run)
    assert config.data == str(tmp_path / "start" / "d*.csv")
    assert config.dev == str(tmp_path / "start" / "**" / "dev.csv")
    assert config.test == "n*.csv"
    (tmp_path / "here" / "data.csv").touch()
    assert run_config(run).data == "d*.csv"


def test_a_file_in_the_current_folder_comes_first(run, tmp_path):
    (tmp_path / "here" / "data.csv").touch()
    config = run_config(run)
    assert config.data == "data.csv"
    assert config.dev == str(tmp_path / "start" / "dev.csv")


def test_paths_stay_as_they_are_if_the_start_folder_is_unknown(run):
    (run.path / "run.json").unlink()
    assert run_config(run).data == "data.csv"


def test_a_run_without_settings_mentions_its_model_if_it_has_one(run):
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
