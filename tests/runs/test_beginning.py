"""Runs that end while their first record is being written."""

import itertools
import json
import os
import shutil
from dataclasses import replace

import pytest
from kills import Killed, killed_after

from kbert import KbertError, MachineError, TrainConfig, resume, train
from kbert.runs import beginning
from kbert.runs.beginning import complete_record, has_record, is_beginning, new_stage
from kbert.runs.run_directory import RunDirectory

# No step is trained.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


class Started(Exception):
    """Raised when a run reaches its first step."""


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    text = reviews.read_text(encoding="utf-8")
    data = tmp_path_factory.mktemp("data") / "data.csv"
    data.write_text(text + "a text without a label,\n", encoding="utf-8")
    return TrainConfig(
        data=str(data),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        batch_size=8,
        dev_proportion=0.2,
        on_bad_row="skip",
    )


@pytest.fixture
def no_steps(config, monkeypatch):
    """Prepare data and model once, and raise `Started` instead of training."""
    from kbert.runs.build_model import build_model
    from kbert.runs.prepare import prepare

    prepared = prepare(config)
    model = build_model(prepared)

    def start(prepared, model, run, resumption=None, *, begin=None, **_):
        if begin is not None:
            begin()
        raise Started

    for module in ("kbert.runs.train", "kbert.runs.resume"):
        monkeypatch.setattr(
            f"{module}.prepare", lambda config, **more: replace(prepared, config=config)
        )
        monkeypatch.setattr(f"{module}.build_model", lambda prepared: model)
        monkeypatch.setattr(f"{module}.fit_run", start)


def started(function, *arguments, **settings):
    with pytest.raises(Started):
        function(*arguments, verbose=0, **settings)


def test_a_run_killed_at_any_moment_is_started_or_resumed(config, no_steps, tmp_path):
    config = replace(config, backend="torch")
    whole = tmp_path / "whole"
    started(train, replace(config, output=str(whole)))
    files = ["config.toml", "dev_rows.csv", "run.json", "skipped_rows.csv"]
    assert sorted(name for name in os.listdir(whole) if not name.startswith(".lock")) == files
    outcomes = []
    for changes in itertools.count():
        run = tmp_path / "runs" / str(changes)
        mine = replace(config, output=str(run))
        with killed_after(changes, run), pytest.raises((Killed, Started)) as ended:
            train(mine, verbose=0)
        if ended.type is Started:
            break
        if not run.exists():
            outcomes.append("nothing")
        elif is_beginning(run):
            outcomes.append("beginning")
            if any(run.iterdir()):
                with pytest.raises(KbertError, match="ended before its first step, with nothing"):
                    resume(run, verbose=0)
            started(train, mine)
        else:
            outcomes.append("run")
            with pytest.raises(KbertError, match="already contains a run"):
                train(mine, verbose=0)
            started(resume, run)
        if run.exists():
            found = sorted(name for name in os.listdir(run) if not name.startswith(".lock"))
            assert [name for name in found if name != "learning_rate.csv"] == files
            assert RunDirectory(run).record["labels"] == ["bad", "good"]
            for name in ("config.toml", "skipped_rows.csv"):
                if name in os.listdir(run):
                    text = (run / name).read_text("utf-8").replace(str(run), str(whole))
                    assert text == (whole / name).read_text("utf-8")
    order = ["nothing", "beginning", "run"]
    assert [outcome for outcome, _ in itertools.groupby(outcomes)] == order
    assert outcomes.count("beginning") >= 8
    assert outcomes.count("run") >= 4


def test_a_full_disk_is_reported_and_the_name_is_free_again(
    config, no_steps, tmp_path, monkeypatch
):
    config = replace(config, output=str(tmp_path / "run"), backend="torch")

    def full(*arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(RunDirectory, "write_skipped", full)
        with pytest.raises(
            MachineError, match=r"run cannot be written to: No space left.*Nothing "
        ):
            train(config, verbose=0)
    started(train, config)


def test_leftovers_of_kbert_0_1_are_a_beginning_too(tmp_path):
    (tmp_path / ".config.toml-0123456789abcdef.tmp").write_text("data =")
    assert is_beginning(tmp_path)


@pytest.mark.parametrize("name", ["config.toml", "notes.txt", ".notes", ".record/run.json"])
def test_folders_with_these_files_are_not_a_beginning(name, tmp_path):
    (tmp_path / ".lock").write_text("")
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("{}")
    assert not is_beginning(tmp_path)
    assert has_record(tmp_path) == (name == ".record/run.json")
    assert not is_beginning(tmp_path / "none")


def test_a_complete_record_is_moved_once(tmp_path):
    stage = new_stage(tmp_path)
    (stage / "config.toml").write_text("a = 1")
    complete_record(tmp_path)
    assert os.listdir(tmp_path) == [beginning.STAGE]  # it is not complete
    (stage / "run.json").write_text(json.dumps({"id": "a"}))
    complete_record(tmp_path)
    complete_record(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["config.toml", "run.json"]
    shutil.rmtree(tmp_path)
