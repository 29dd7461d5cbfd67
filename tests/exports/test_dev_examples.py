import json
from dataclasses import replace

import numpy as np
import pytest

from kbert import Examples, KbertError, Labels
from kbert.config import TrainConfig
from kbert.data.reading.dev_split import SPLIT_VERSION
from kbert.exports.dev_examples import dev_examples
from kbert.runs.read_sets import read_sets
from kbert.runs.run_directory import RunDirectory

LABELS = Labels(("bad", "good"))


@pytest.fixture
def data(reviews, tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_bytes(
        reviews.read_bytes().replace(b"text,label", b"said;stars").replace(b",g", b";g")
    )
    text = path.read_text(encoding="utf-8").replace(",bad", ";bad")
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def run(data, tmp_path):
    """A run directory as if trained on the file."""
    run = RunDirectory.create(tmp_path / "run")
    how = {"text": "said", "label": "stars", "delimiter": ";", "on_bad_row": "skip"}
    config = TrainConfig(data=str(data), dev_proportion=0.5, **how)
    run.write_config(config.to_toml())
    dev = read_sets(config)[1]["dev"]
    run.update(data={"dev": {"sha256": dev.fingerprint}}, split_version=SPLIT_VERSION)
    return run.path


@pytest.fixture
def found(capsys):
    """A function that returns the examples and the printed lines."""

    def find(run, dev=None, **reading):
        examples = dev_examples(run, LABELS, dev, reading)
        return examples, capsys.readouterr().out.splitlines()

    return find


def test_the_dev_set_of_a_run(run, found):
    examples, said = found(run)
    assert len(examples) == 54
    assert said == []


def test_a_changed_file_is_not_used(run, data, found):
    with data.open("a", encoding="utf-8") as file:
        file.writelines(f"One more, number {number}.;good\n" for number in range(20))
    examples, said = found(run)
    assert examples is None
    assert "has changed since the run was trained" in said[0]


def test_a_deleted_file_is_not_used(run, data, found):
    data.unlink()
    examples, said = found(run)
    assert examples is None
    assert said[0].startswith("The run's development set cannot be read again: There is no file")


def test_without_a_run_there_are_no_examples(tmp_path, found):
    assert found(tmp_path) == (None, [])


def test_a_file_is_read_like_the_run_s_data(run, tmp_path, found):
    (tmp_path / "dev.csv").write_text("said;stars\nA joy.;good\nA mess.;terrible\n")
    examples, said = found(run, str(tmp_path / "dev.csv"))
    assert (len(examples), len(examples.skipped)) == (1, 1)
    assert "1 bad row left out" in said[0]


def test_reading_options_can_be_changed(run, tmp_path, found):
    (tmp_path / "dev.csv").write_text("said,label\nA joy.,good\n")
    examples, _ = found(run, str(tmp_path / "dev.csv"), label="label", delimiter=",")
    assert examples.texts[0] == "A joy."
    with pytest.raises(KbertError, match="`label` is for a file given by `dev`"):
        found(run, label="label")
    with pytest.raises(TypeError, match="unexpected keyword argument 'lenght'"):
        found(run, str(tmp_path / "dev.csv"), lenght=3)


def test_examples_are_used_as_given(tmp_path, found):
    examples = Examples(["A joy."], label_ids=np.array([1], np.int32), labels=LABELS)
    assert found(tmp_path, examples) == (examples, [])
    others = replace(examples, labels=Labels(("no", "yes")))
    with pytest.raises(KbertError, match="read with labels other than the model's"):
        found(tmp_path, others)


def test_labels_must_be_those_of_the_model(run, tmp_path, found):
    (tmp_path / "dev.jsonl").write_text(json.dumps({"said": "A joy.", "stars": "five"}))
    with pytest.raises(KbertError, match="'five' is not one of the 2 known labels"):
        found(run, str(tmp_path / "dev.jsonl"), on_bad_row="error")
