"""The baselines of a run: computed once, before its first step, without changing it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load_file

from kbert import RunCheckpoint, TrainConfig, resume, train
from kbert.linear import compute_baselines
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras


@pytest.fixture
def config(real_reviews, tiny_preset, tmp_path):
    return TrainConfig(
        data=str(real_reviews),
        output=str(tmp_path / "run"),
        preset=str(tiny_preset),
        weights="random",
        max_length=16,
        epochs=2,
        batch_size=16,
        learning_rate=1e-3,
        dev_proportion=0.2,
    )


def record_of(run):
    return json.loads((run.path / "baselines.json").read_text(encoding="utf-8"))


def codes(run):
    return [finding["code"] for finding in run.record["findings"]]


def model_of(run):
    return load_file(run.model_folder / "model.safetensors")


def without_times(record):
    return [{**one, "seconds": None} for one in record["baselines"]]


@pytest.mark.any_backend  # linear/test_baselines_of_examples.py compares the bits on each
def test_a_run_ends_with_the_same_bits_as_one_without_baselines(
    config, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr("kbert.linear.sizes._FREE_TOKENS", 10**6)
    run = train(config)
    printed = capsys.readouterr().out
    record = record_of(run)
    assert [one["name"] for one in record["baselines"]] == ["constant", "tfidf", "encoder"]
    assert (record["set"], record["training_rows"], record["rows"]) == ("dev", 160, 40)
    assert printed.index("What fine-tuning has to beat, on dev (40 rows)") < printed.index(
        "epoch 1"
    )
    assert "To compare, accuracy of the baselines: the same for all 0.5000, TF-IDF " in printed
    without = train(replace(config, output=str(tmp_path / "none"), baseline="none"), verbose=0)
    assert not (without.path / "baselines.json").exists()
    for name, array in model_of(run).items():
        np.testing.assert_array_equal(array, model_of(without)[name], err_msg=name)
    tables = [(r.path / "evaluations.json").read_bytes() for r in (run, without)]
    assert tables[0] == tables[1]


@pytest.mark.any_backend
def test_ending_below_a_baseline_is_recorded_while_it_lasts(config, sentences, tmp_path, capsys):
    data = tmp_path / "verdicts.csv"
    verdicts = {"good": "Superb", "bad": "Awful"}
    rows = [f'"{verdicts[label]}. {text}",{label}' for text, label in zip(*sentences, strict=True)]
    data.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    few = replace(config, data=str(data), epochs=1, learning_rate=2e-10, baseline="tfidf")
    run = train(replace(few, allow=("too-few-updates",)))
    printed = capsys.readouterr().out
    assert "WARNING  below-baseline\n" in printed
    assert "below-baseline" in codes(run)
    # The cure says more epochs; the rate is one that trains this model of random weights.
    resume(run.path, epochs=8, learning_rate=5e-3, verbose=0)
    assert run.best_scores()["accuracy"] >= record_of(run)["baselines"][1]["scores"]["accuracy"]
    assert "below-baseline" not in codes(run)


@pytest.mark.any_backend  # a matter of files
def test_baselines_are_not_computed_again(config, monkeypatch, capsys, tmp_path):
    whole = train(config, verbose=0)
    stopped = replace(config, output=str(tmp_path / "stopped"))

    def stop(self, batch, logs=None):
        if int(self.model.optimizer.iterations) == 12:  # in the second epoch
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunCheckpoint, "on_train_batch_begin", stop)
        with pytest.raises(KeyboardInterrupt):
            train(stopped, verbose=0)
    before = (tmp_path / "stopped" / "baselines.json").read_bytes()
    assert without_times(json.loads(before)) == without_times(record_of(whole))
    monkeypatch.setattr("kbert.runs.run_baselines.compute_baselines", None)  # raises if called
    capsys.readouterr()
    run = resume(stopped.output)
    assert "To compare, accuracy of the baselines" in capsys.readouterr().out
    assert (run.path / "baselines.json").read_bytes() == before
    for name, array in model_of(run).items():
        np.testing.assert_array_equal(array, model_of(whole)[name], err_msg=name)
    assert codes(run) == codes(whole)


@pytest.mark.any_backend
def test_stopped_while_baselines_are_computed(config, monkeypatch):
    def stop(task):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(compute_baselines._COMPUTE, "tfidf", stop)
        with pytest.raises(KeyboardInterrupt) as stopped:
            train(config, verbose=0)
    assert stopped.value.__notes__[0].startswith("nothing was trained yet; ")
    run = RunDirectory(config.output)
    assert run.record["status"] == "stopped"
    resume(run.path, verbose=0)
    assert len(record_of(run)["baselines"]) == 2
    assert run.record["status"] == "finished"


@pytest.mark.any_backend
def test_a_failing_baseline_is_reported_and_the_run_continues(
    config, monkeypatch, capsys, tmp_path
):
    def fail(*args, **kwargs):
        raise RuntimeError("out of luck,\nand of patience")

    monkeypatch.setattr("kbert.linear.compute_baselines.TfIdf", fail)
    run = train(config)
    assert "  TF-IDF: not computed: out of luck, and of patience.\n" in capsys.readouterr().out
    assert run.record["status"] == "finished"
    assert [one["name"] for one in record_of(run)["baselines"]] == ["constant"]
    monkeypatch.setattr("kbert.runs.run_baselines.write_text", fail)
    other = train(replace(config, output=str(tmp_path / "other")))
    assert (
        "The baselines are left out, and the run continues: out of luck" in capsys.readouterr().out
    )
    assert other.record["status"] == "finished"


@pytest.mark.any_backend
def test_there_are_no_baselines_without_a_dev_set(config):
    run = train(replace(config, dev_proportion=0.0), verbose=0)
    assert not (run.path / "baselines.json").exists()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"set": "dev"}', "[" * 5000, '{"baselines": 1, "data": {}}']
)
def test_a_damaged_record_is_ignored(config, text, monkeypatch):
    from kbert.runs.prepare import prepare
    from kbert.runs.run_baselines import read_baselines

    run = RunDirectory.create(config.output)
    (run.path / "baselines.json").write_text(text)
    assert read_baselines(prepare(config), run) is None
