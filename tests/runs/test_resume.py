import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import (
    ChangedPlan,
    EpochEvaluation,
    FindingsError,
    KbertError,
    RunCheckpoint,
    TrainConfig,
    TrainingPlan,
    continue_training,
    resume,
    train,
)
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.findings import Call, Option
from kbert.runs.learning_rate_log import rewind_log
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras

PLAN = TrainingPlan(85, batch_size=8, epochs=2, learning_rate=1e-3)  # 11 batches per epoch


def steps_of(run):
    with (run.path / "learning_rate.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [int(row["step"]) for row in rows], [float(row["learning_rate"]) for row in rows]


def evaluations_of(run):
    return json.loads((run.path / "evaluations.json").read_text(encoding="utf-8"))


def contents(folder):
    """Every file of a folder, with its contents."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def assert_same_arrays(file, other):
    arrays, others = load_file(file), load_file(other)
    assert list(arrays) == list(others)
    for path, array in arrays.items():
        np.testing.assert_array_equal(array, others[path], err_msg=path)


def last_of(run):
    path = CheckpointStore(run.checkpoints).last()
    assert path is not None
    return path


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    # Dropout on torch draws from a random state of its own, which no checkpoint holds.
    preset = shutil.copytree(tiny_preset, folder / "preset")
    settings = json.loads((preset / "config.json").read_text())
    (preset / "config.json").write_text(json.dumps({**settings, "hidden_dropout_prob": 0.0}))
    return TrainConfig(
        data=str(reviews),
        output=str(folder / "whole"),
        preset=str(preset),
        weights="random",
        dropout=0.0,
        max_length=8,
        epochs=2,
        batch_size=8,
        learning_rate=1e-3,
        dev_proportion=0.2,
    )


@pytest.fixture(scope="module")
def finished(config):
    """An uninterrupted run."""
    return train(config, verbose=0)


@pytest.fixture(scope="module")
def interrupted(config, finished):
    """The same run, stopped in the third step of its second epoch."""
    begin = RunCheckpoint.on_train_batch_begin

    def stop(self, batch, logs=None):
        begin(self, batch, logs)
        if int(self.model.optimizer.iterations) == 13:
            raise KeyboardInterrupt

    output = str(finished.path.with_name("stopped"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", stop)
        with pytest.raises(KeyboardInterrupt):
            train(replace(config, output=output), verbose=0)
    return RunDirectory(output)


@pytest.fixture
def stopped(interrupted, tmp_path):
    return RunDirectory(shutil.copytree(interrupted.path, tmp_path / "run"))


@pytest.fixture
def whole(finished, tmp_path):
    return RunDirectory(shutil.copytree(finished.path, tmp_path / "run"))


def test_an_interrupted_run_resumes_as_if_uninterrupted(stopped, finished, capsys):
    assert stopped.record["status"] == "stopped"
    run = resume(stopped.path)
    assert str(ChangedPlan(PLAN, PLAN, 85)) in capsys.readouterr().out
    steps, rates = steps_of(run)
    assert steps == list(range(22))
    np.testing.assert_allclose(rates, PLAN.learning_rate_at(np.arange(22)), rtol=1e-6)
    record = evaluations_of(run)
    assert [(epoch["epoch"], epoch["update"]) for epoch in record["epochs"]] == [(1, 11), (2, 22)]
    assert record == evaluations_of(finished)
    assert (run.record["status"], run.record["best_epoch"]) == ("finished", record["best_epoch"])
    assert [entry["after_epoch"] for entry in run.record["resumed"]] == [1]
    assert run.record["resumed"][0]["backend"] == run.record["backend"]
    for store in (last_of, lambda run: run.model_folder):
        for file in sorted(store(finished).glob("*.safetensors")):
            assert_same_arrays(store(run) / file.name, file)


@pytest.mark.any_backend  # a matter of the scores
def test_a_finished_run_trains_longer_and_keeps_an_earlier_best(whole, capsys):
    before = evaluations_of(whole)
    model = contents(whole.model_folder)
    # The rate is too small to change a score, so no later epoch is better.
    run = resume(whole.path, epochs=3, learning_rate=1e-12, allow=("unusual-rate",))
    new = replace(PLAN, epochs=3, learning_rate=1e-12)
    assert str(ChangedPlan(PLAN, new, 170)) in capsys.readouterr().out
    steps, rates = steps_of(run)
    assert steps == list(range(33))
    np.testing.assert_allclose(rates[:22], PLAN.learning_rate_at(np.arange(22)), rtol=1e-6)
    np.testing.assert_allclose(rates[22:], new.learning_rate_at(np.arange(22, 33)), rtol=1e-6)
    record = evaluations_of(run)
    assert record["epochs"][:2] == before["epochs"]
    assert [epoch["epoch"] for epoch in record["epochs"]] == [1, 2, 3]
    assert record["best_epoch"] == before["best_epoch"] == run.record["best_epoch"]
    assert contents(run.model_folder) == model
    assert run.record["plan"]["updates"] == 33
    written = TrainConfig.from_toml(run.path / "config.toml")
    assert (written.epochs, written.learning_rate) == (3, 1e-12)


@pytest.mark.any_backend  # a matter of the recorded scores
def test_a_better_epoch_replaces_an_earlier_best(whole, monkeypatch):
    resume_at = EpochEvaluation.resume_at

    def worse(self, history, *args):
        for epoch in history["epochs"]:
            epoch["dev"]["accuracy"] = 0.01
        resume_at(self, history, *args)

    monkeypatch.setattr(EpochEvaluation, "resume_at", worse)
    model = contents(whole.model_folder)
    run = resume(whole.path, epochs=3, verbose=0)
    assert run.record["best_epoch"] == evaluations_of(run)["best_epoch"] == 3
    assert contents(run.model_folder) != model


@pytest.mark.any_backend  # a matter of the batches
def test_resuming_with_larger_batches_and_scaled_epochs(stopped, capsys):
    run = resume(stopped.path, batch_size=16, scale_epochs=True)
    new = replace(PLAN, batch_size=16, epochs=4)
    printed = capsys.readouterr().out
    assert str(ChangedPlan(PLAN, new, 85)) in printed
    lines = [line.split() for line in printed.splitlines()]
    assert ["batch", "size", "8", "16"] in lines
    assert ["updates", "22", "24"] in lines
    assert ["current", "update", "11", "6"] in lines
    steps, rates = steps_of(run)
    assert steps == [*range(11), *range(6, 24)]
    np.testing.assert_allclose(rates[:11], PLAN.learning_rate_at(np.arange(11)), rtol=1e-6)
    np.testing.assert_allclose(rates[11:], new.learning_rate_at(np.arange(6, 24)), rtol=1e-6)
    assert [epoch["epoch"] for epoch in evaluations_of(run)["epochs"]] == [1, 2, 3, 4]
    written = TrainConfig.from_toml(run.path / "config.toml")
    assert (written.epochs, written.batch_size) == (4, 16)


@pytest.mark.any_backend
def test_resuming_with_another_accumulation(stopped):
    run = resume(stopped.path, gradient_accumulation_steps=2, epochs=6, verbose=0)
    new = replace(PLAN, gradient_accumulation_steps=2, epochs=6)
    steps, rates = steps_of(run)
    # 11 batches are 5 updates of 2 batches; the batch left over does not count.
    assert steps == [*range(11), *range(10, 65)]
    expected = new.learning_rate_at(np.arange(10, 65) // 2)
    np.testing.assert_allclose(rates[11:], expected, rtol=1e-6)


@pytest.mark.any_backend  # a matter of the plan
def test_logged_steps_of_whole_epochs_are_kept(stopped):
    run = resume(stopped.path, batch_size=16, epochs=3, verbose=0)
    steps = read_checkpoint(last_of(run), with_arrays=False).steps
    assert steps == ((0, 0), (11, 6))
    assert rewind_log(run.path, 17, steps) == []
    # An epoch of 11 steps, and one of 6 that starts at 6: 85 examples are 6 batches of 16.
    assert steps_of(run)[0] == [*range(11), *range(6, 12)]


@pytest.mark.any_backend  # a matter of the plan
def test_resuming_with_another_warmup(stopped):
    run = resume(stopped.path, warmup_proportion=0.5, verbose=0)
    steps, rates = steps_of(run)
    new = replace(PLAN, warmup_proportion=0.5)
    assert steps == list(range(22))
    np.testing.assert_allclose(rates[11:], new.learning_rate_at(np.arange(11, 22)), rtol=1e-6)


@pytest.mark.any_backend  # a matter of the run's files
def test_stopping_while_it_loads_reports_that_nothing_was_changed(stopped, monkeypatch):
    def stop(prepared):
        raise KeyboardInterrupt

    before = contents(stopped.path)
    monkeypatch.setattr("kbert.runs.resume.build_model", stop)
    with pytest.raises(KeyboardInterrupt) as error:
        resume(stopped.path, verbose=0)
    assert error.value.__notes__ == [
        f"nothing was changed; {stopped} contains the best model so far; "
        f"{Call('resume', stopped.path)} resumes from the last checkpoint."
    ]
    assert contents(stopped.path) == before


@pytest.mark.any_backend  # refused before a model is made
def test_refuses_to_change_the_seed(stopped):
    before = contents(stopped.path)
    with pytest.raises(KbertError, match="cannot change `seed`; it can change epochs, batch_size"):
        resume(stopped.path, seed=3, verbose=0)
    assert contents(stopped.path) == before


@pytest.mark.any_backend
def test_a_continued_run_resumes_without_its_parent(whole, tmp_path):
    again = continue_training(whole.path, tmp_path / "again", epochs=2, verbose=0)
    shutil.rmtree(whole.path)
    run = resume(again.path, epochs=3, verbose=0)
    assert [epoch["epoch"] for epoch in evaluations_of(run)["epochs"]] == [1, 2, 3]
    assert TrainConfig.from_toml(run.path / "config.toml").parent == str(whole.path)


@pytest.mark.any_backend  # refused before a model is made
def test_refuses_a_plan_that_ends_before_the_point_reached(stopped, capsys):
    before = contents(stopped.path)
    with pytest.raises(
        FindingsError, match="has performed 11 updates, but the new plan ends at 4"
    ) as e:
        resume(stopped.path, batch_size=64)
    change = ChangedPlan(PLAN, replace(PLAN, batch_size=64), 85)
    assert list(e.value.findings) == change.findings()
    assert str(e.value).endswith(str(Option("allow", ("plan-behind",), of="kbert.resume(..., {})")))
    assert capsys.readouterr().out.endswith(f"\n{change}\n")
    assert contents(stopped.path) == before


@pytest.mark.any_backend  # refused before a model is made
def test_refuses_a_plan_that_leaves_nothing_to_train(stopped):
    before = contents(stopped.path)
    with pytest.raises(FindingsError, match="nothing would be trained") as e:
        resume(stopped.path, epochs=1, allow=("plan-behind",), verbose=0)
    assert "allow" not in e.value.values
    assert contents(stopped.path) == before


@pytest.mark.any_backend  # refused before a model is made
def test_refuses_a_finished_run_without_changes(whole):
    before = contents(whole.path)
    with pytest.raises(KbertError) as refused:
        resume(whole.path, verbose=0)
    assert str(refused.value) == (
        f"{whole} has completed its 2 epochs. Cure: {Option('epochs', 3)}, to train longer, by a "
        "longer plan whose rates go on from where it ended, or "
        f"{Call('continue', whole)}, to train its best model further with a new plan"
    )
    assert contents(whole.path) == before


@pytest.mark.any_backend  # refused before a model is made
@pytest.mark.parametrize("change", ["a-word", "a-row-more"])
def test_refuses_changed_data(stopped, config, tmp_path, change):
    data = tmp_path / "data.csv"
    text = Path(config.data).read_text(encoding="utf-8")
    changed = text.replace("A moving story", "A boring story")
    data.write_text(changed if change == "a-word" else f"{text}A joy.,good\n", encoding="utf-8")
    settings = TrainConfig.from_toml(stopped.path / "config.toml")
    stopped.write_config(replace(settings, data=str(data)).to_toml())
    before = contents(stopped.path)
    message = f"data.csv.* has changed since {stopped} was started"
    with pytest.raises(FindingsError, match=message) as refused:
        resume(stopped.path, verbose=0)
    assert {finding.code for finding in refused.value.findings} == {"data-differs"}
    call = refused.value.findings[0].cure.values["call"]
    assert call == Call("continue", stopped.path, data="DATA", output="NEW")
    assert contents(stopped.path) == before


@pytest.mark.any_backend
def test_changed_data_are_allowed_for_one_resumption(stopped, config, tmp_path):
    data = tmp_path / "data.csv"
    text = Path(config.data).read_text(encoding="utf-8")
    data.write_text(text.replace("A moving story", "A boring story"), encoding="utf-8")
    settings = TrainConfig.from_toml(stopped.path / "config.toml")
    stopped.write_config(replace(settings, data=str(data)).to_toml())
    run = resume(stopped.path, allow=["data-differs", "too-few-updates"], verbose=0)
    assert run.record["status"] == "finished"
    assert TrainConfig.from_toml(run.path / "config.toml").allow == ("too-few-updates",)


@pytest.mark.any_backend  # a matter of the run's files
def test_without_a_checkpoint_it_starts_from_scratch(stopped, finished, capsys):
    for folder in ("checkpoints", "model"):
        shutil.rmtree(stopped.path / folder)
    run = resume(stopped.path)
    first = f"{run} was stopped before its first checkpoint and starts from scratch.\n"
    assert capsys.readouterr().out.startswith(first)
    assert evaluations_of(run) == evaluations_of(finished)
    assert steps_of(run)[0] == list(range(22))


def test_refuses_a_path_that_is_not_a_run(tmp_path):
    for name, message in (("none", "none does not exist"), ("", "is not a run directory")):
        with pytest.raises(KbertError, match=f"{message}.*Pass the directory of a run"):
            resume(tmp_path / name, verbose=0)
