"""Rows that a run was trained on, and runs that were stopped early."""

import json
import shutil

import pytest

from kbert import TrainConfig, find_source, read_examples
from kbert.data.reading.dev_split import SPLIT_VERSION
from kbert.runs.read_sets import read_sets
from kbert.runs.run_directory import RunDirectory
from kbert.runs.trained_on import trained_on


def write(path, rows):
    lines = [f"Text number {n}.,{'good' if n % 2 else 'bad'}\n" for n in rows]
    path.write_text("text,label\n" + "".join(lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def run(tmp_path):
    """A function that makes a run's files, as `train` records them."""

    def make(name, data, parent=None):
        run = RunDirectory.create(tmp_path / name)
        config = TrainConfig(data, dev_proportion=0.2)
        run.write_config(config.to_toml())
        training, sets = read_sets(config)
        data = {
            "train": {"sha256": training.fingerprint},
            "dev": {"sha256": sets["dev"].fingerprint},
        }
        lineage = {} if parent is None else {"parent": {"run": str(parent.path)}}
        run.update(status="finished", data=data, split_version=SPLIT_VERSION, **lineage)
        return run

    return make


def test_rows_of_the_training_file_are_found(run, tmp_path):
    data = write(tmp_path / "all.csv", range(100))
    finding = trained_on(run("run", data).path, read_examples(data))
    assert (finding.code, finding.severity) == ("trained-on", "warning")
    assert "80 rows of" in finding.message
    assert "(80%) occur in the training set" in finding.message


def test_the_model_folder_of_a_run_stands_for_the_run(run, tmp_path, monkeypatch):
    data = write(tmp_path / "all.csv", range(100))
    trained = run("run", data).path
    told = trained_on(trained, read_examples(data))
    assert str(trained_on(trained / "model", read_examples(data))) == str(told)
    assert trained_on(trained / "other", read_examples(data)) is None
    (trained / "model").mkdir(exist_ok=True)
    monkeypatch.chdir(trained)
    assert trained_on("model", read_examples(data)) is not None
    called_model = run("model", data).path
    assert trained_on(called_model, read_examples(data)) is not None


def test_rows_are_found_in_another_file_and_letter_case(run, tmp_path):
    first = run("run", write(tmp_path / "all.csv", range(100)))
    training = read_sets(TrainConfig(str(tmp_path / "all.csv"), dev_proportion=0.2))[0]
    texts = [f"  {text.upper()}  " for text in training.texts[:3]] + ["Something else."]
    finding = trained_on(first.path, read_examples((texts, ["good", "bad", "good", "bad"])))
    assert "3 rows of lists (75%)" in finding.message


def test_dev_rows_and_new_rows_are_not_reported(run, tmp_path):
    first = run("run", write(tmp_path / "all.csv", range(100)))
    dev = read_sets(TrainConfig(str(tmp_path / "all.csv"), dev_proportion=0.2))[1]["dev"]
    assert trained_on(first.path, dev) is None
    other = read_examples(write(tmp_path / "other.csv", range(200, 300)))
    assert trained_on(first.path, other) is None


def test_the_training_set_is_known_without_its_file(run, tmp_path):
    first = run("run", write(tmp_path / "all.csv", range(100)))
    training = read_sets(TrainConfig(str(tmp_path / "all.csv"), dev_proportion=0.2))[0]
    (tmp_path / "all.csv").unlink()
    assert "80 rows" in trained_on(first.path, training).message


def test_a_changed_file_gives_no_finding(run, tmp_path):
    first = run("run", write(tmp_path / "all.csv", range(100)))
    examples = read_examples(write(tmp_path / "all.csv", range(50)))
    assert trained_on(first.path, examples) is None


def test_training_rows_of_the_parent_count(run, tmp_path):
    old = write(tmp_path / "old.csv", range(100))
    first = run("first", old)
    second = run("second", write(tmp_path / "new.csv", range(500, 600)), parent=first)
    finding = trained_on(second.path, read_examples(old))
    assert f"occur in the training set of {first.path}" in finding.message
    shutil.rmtree(first.path)
    assert trained_on(second.path, read_examples(old)) is None


@pytest.mark.parametrize(
    "record", [{"data": [], "parent": 3}, {"data": {"train": 1}}, {"parent": {"run": None}}]
)
def test_a_malformed_record_gives_no_finding(record, run, tmp_path):
    data = write(tmp_path / "all.csv", range(100))
    first = run("run", data)
    (first.path / "run.json").write_text(json.dumps(record))
    assert trained_on(first.path, read_examples(data)) is None
    assert trained_on(tmp_path / "none", read_examples(data)) is None


@pytest.fixture
def stopped(tmp_path):
    """A run with a model, of which only the config is there."""
    run = RunDirectory.create(tmp_path / "run")
    run.model_folder.mkdir()
    config = {
        "format": "kbert-model-1",
        "labels": ["bad", "good"],
        "max_length": 16,
        "backbone": {
            **{"vocabulary_size": 9, "num_layers": 1, "num_heads": 2, "hidden_dim": 32},
            "intermediate_dim": 64,
        },
    }
    (run.model_folder / "config.json").write_text(json.dumps(config))
    return run


def evaluated(run, *records):
    (run.path / "evaluations.json").write_text(json.dumps({"epochs": list(records)}))


@pytest.mark.parametrize(
    ("status", "records", "done"),
    [
        ("stopped", [{"epoch": 1}], 1),
        ("failed", [{"epoch": 1}, {"epoch": 2}], 2),
        ("running", [{"epoch": 1}, {"epoch": 2, "batch": 8}], 1),
        ("stopped", [], 0),
        ("stopped", [{"epoch": 3}], None),
        ("finished", [{"epoch": 1}], None),
        (None, [], None),
    ],
)
def test_a_run_with_epochs_left_is_reported(stopped, status, records, done):
    stopped.update(status=status, plan={"epochs": 3})
    evaluated(stopped, *records)
    found = find_source(stopped.path).findings()
    assert [finding.code for finding in found] == ["run-unfinished"] * (done is not None)
    if found:
        assert f"has trained {done} of its 3 epochs (its status is {status!r})" in found[0].message
        assert "resume" in str(found[0].cure)


def test_malformed_records_are_ignored(stopped):
    for plan in (None, 3, {}, {"epochs": "three"}):
        record = {"status": "stopped", "plan": plan}
        (stopped.path / "run.json").write_text(json.dumps(record))
        assert find_source(stopped.path).findings() == []
    record = {"status": "stopped", "plan": {"epochs": 3}}
    (stopped.path / "run.json").write_text(json.dumps(record))
    for text in ("[]", "{", '{"epochs": 3}', '{"epochs": [3]}', '{"epochs": [{"epoch": "x"}]}'):
        (stopped.path / "evaluations.json").write_text(text)
        assert "0 of its 3 epochs" in find_source(stopped.path).findings()[0].message
