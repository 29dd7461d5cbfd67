"""A run that ends with a calibrated model."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from sklearn.metrics import log_loss
from tiny_config import tiny_config

from kbert import (
    BertClassifier,
    InputError,
    Predictor,
    continue_training,
    export,
    find_source,
    read_examples,
    resume,
    train,
)
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.temperature import Temperature
from kbert.runs.run_directory import RunDirectory

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return tiny_config(
        reviews,
        tiny_preset,
        tmp_path_factory.mktemp("runs") / "run",
        max_length=32,
        epochs=3,
        learning_rate=1e-2,
        dev_proportion=0.3,
        baseline="none",
        calibrate=True,
    )


@pytest.fixture(scope="module")
def plain(config, tmp_path_factory):
    """The same run without its calibration."""
    output = str(tmp_path_factory.mktemp("runs") / "plain")
    return train(replace(config, output=output, calibrate=False), verbose=0)


@pytest.fixture(scope="module")
def run(config):
    return train(config, verbose=0)


def weights(run):
    return load_file(run.model_folder / "model.safetensors")


def shares(run):
    rows = pd.read_csv(run.path / "predictions.csv")
    return rows, rows[["p(bad)", "p(good)"]].to_numpy()


def test_only_the_head_is_divided(run, plain):
    temperature = run.record["calibration"]["temperature"]
    assert temperature != 1
    ours, theirs = weights(run), weights(plain)
    for name, array in theirs.items():
        expected = array / np.float32(temperature) if name.startswith("logits/") else array
        np.testing.assert_array_equal(ours[name], expected, err_msg=name)
    assert BertClassifier.load(run.path).temperature == temperature


def test_the_temperature_is_that_of_the_dev_rows(run, plain):
    rows, before = shares(plain)
    true = (rows["label"] == "good").to_numpy().astype(int)
    found = Temperature.fit(np.log(before), true)
    recorded = run.record["calibration"]
    assert recorded["temperature"] == pytest.approx(found.value, rel=1e-2)
    assert recorded["rows"] == len(rows)
    assert recorded["log_loss"][0] == pytest.approx(log_loss(true, before[:, 1]), rel=1e-4)
    assert recorded["ece"] == pytest.approx(list(found.change.ece), abs=1e-3)
    assert recorded["brier"] == pytest.approx(list(found.change.brier), abs=1e-3)


def test_predictions_are_calibrated_and_scores_are_those_of_training(run, plain):
    rows, after = shares(run)
    _, before = shares(plain)
    scaled = before ** (1 / run.record["calibration"]["temperature"])
    assert after == pytest.approx(scaled / scaled.sum(axis=1, keepdims=True), abs=1e-4)
    assert rows["predicted"].tolist() == shares(plain)[0]["predicted"].tolist()
    ours, theirs = (
        json.loads((one.path / "evaluations.json").read_text(encoding="utf-8"))
        for one in (run, plain)
    )
    assert ours == theirs


@pytest.mark.parametrize(("format", "name"), [("huggingface", "hf"), ("keras", "model.keras")])
def test_an_export_has_the_calibrated_probabilities(format, name, run, reviews, tmp_path):
    texts = read_examples(reviews).texts
    export(run.path, tmp_path / name, format=format)
    found, expected = (
        BertClassifier.load(path).predict_proba(texts) for path in (tmp_path / name, run.path)
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_calibration_is_reported(config, tmp_path, capsys):
    test = str(tmp_path / "test.csv")
    rows = "".join(f"An evening of {n} hours.,{('bad', 'good')[n % 2]}\n" for n in range(6))
    Path(test).write_text(f"text,label\n{rows}", encoding="utf-8")
    own = train(replace(config, output=str(tmp_path / "run"), test=test, epochs=1))
    output = " ".join(capsys.readouterr().out.split())
    recorded = own.record["calibration"]
    assert f"Temperature {recorded['temperature']:g}, fitted on the " in output
    assert f"ECE {recorded['ece'][0]:.4f} before, {recorded['ece'][1]:.4f} after" in output
    assert "threshold coverage accuracy rows" in output
    before, after = recorded["others"]["test"]["ece"]
    told = f"ECE {before:.4f} before, {after:.4f} after"
    assert f"On test, where no temperature was fitted: {told}" in output
    page = (own.path / "report.html").read_text(encoding="utf-8")
    assert f"divided by the temperature {recorded['temperature']:g}," in page
    assert "<h3>Coverage</h3>" in page
    assert f'<td class="number">{after:.4f}</td>' in page


class Killed(BaseException):
    """Caught by no code, as no code survives a kill."""


def killed_before(name, call):
    """Call, and raise `Killed` before this is recorded in run.json."""
    update = RunDirectory.update

    def ending(self, **values):
        if name in values and values[name] != "running":
            raise Killed
        update(self, **values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RunDirectory, "update", ending)
        with pytest.raises(Killed):
            call()


def test_a_run_killed_while_it_ends_resumes_to_the_same(run, config, tmp_path):
    output = tmp_path / "run"
    killed_before("calibration", lambda: train(replace(config, output=str(output)), verbose=0))
    divided = load_file(output / "model" / "model.safetensors")["logits/kernel"]
    np.testing.assert_array_equal(divided, weights(run)["logits/kernel"])
    assert "calibration" not in json.loads((output / "run.json").read_text(encoding="utf-8"))
    killed_before("ended", lambda: resume(output, verbose=0))
    resumed = resume(output, verbose=0)
    assert resumed.record["status"] == "finished"
    assert resumed.record["calibration"] == run.record["calibration"]
    for name, array in weights(run).items():
        np.testing.assert_array_equal(weights(resumed)[name], array, err_msg=name)
    np.testing.assert_allclose(shares(resumed)[1], shares(run)[1], atol=1e-6)


@pytest.fixture
def own(run, tmp_path):
    """A copy of the run."""
    shutil.copytree(run.path, tmp_path / "own")
    return type(run)(tmp_path / "own")


def test_a_finished_run_has_nothing_to_resume(own):
    with pytest.raises(InputError, match="has completed its 3 epochs"):
        resume(own.path, verbose=0)


def test_a_missing_model_is_calibrated_again(own, run):
    shutil.rmtree(own.model_folder)
    resume(own.path, verbose=0)
    assert own.record["calibration"] == run.record["calibration"]
    for name, array in weights(run).items():
        np.testing.assert_array_equal(weights(own)[name], array, err_msg=name)


def test_a_run_trained_longer_is_calibrated_once(own, config, tmp_path):
    """Whichever evaluation is best, the model is that of its checkpoint, divided once."""
    resume(own.path, epochs=4, verbose=0)
    recorded = own.record["calibration"]
    best = next(own.checkpoints.glob(f"*{own.record['best_epoch']:04d}*/model.safetensors"), None)
    rows, after = shares(own)
    found = Predictor.load(own.path)
    texts = read_examples(config.data).texts
    again = found.predict_proba([texts[row - 1] for row in rows["row"]])
    np.testing.assert_allclose(after, again, atol=1e-5)
    if best is not None:
        trained = load_file(best)["logits/kernel"]
        expected = trained / np.float32(recorded["temperature"])
        np.testing.assert_array_equal(weights(own)["logits/kernel"], expected)


def test_a_continued_run_starts_with_the_divided_head(run, tmp_path):
    second = continue_training(
        run.path, tmp_path / "second", epochs=1, allow=("too-few-updates",), verbose=0
    )
    assert second.record["calibration"]["temperature"] > 0
    settings = find_source(second.path).settings()
    assert settings.get("temperature", 1) == second.record["calibration"]["temperature"]


def test_several_labels_are_predicted_as_without_calibration(config, reviews, tmp_path):
    with reviews.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    data = tmp_path / "tags.csv"
    with data.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "tags"])
        for row in rows:
            tags = [row["label"], *(["long"] if len(row["text"]) > 30 else [])]
            table.writerow([row["text"], ";".join(tags)])
    several = {"data": str(data), "label": "tags", "label_separator": ";", "target": "multi"}
    own = train(replace(config, **several, output=str(tmp_path / "run")), verbose=0)
    assert own.record["calibration"]["temperature"] != 1
    table = pd.read_csv(own.path / "predictions.csv")
    shares = table[[f"p({name})" for name in own.record["labels"]]].to_numpy()
    before = 1 / (1 + (1 / shares - 1) ** own.record["calibration"]["temperature"])
    history = json.loads((own.path / "evaluations.json").read_text(encoding="utf-8"))
    limits = EvaluationHistory.from_dict(history).best.first.best_thresholds.values
    expected = [
        [name for name, has in zip(own.record["labels"], row, strict=True) if has]
        for row in before >= np.array(limits) - 1e-6
    ]
    found = Predictor.load(own.path).predict([rows[row - 1]["text"] for row in table["row"]])
    assert [list(one.labels) for one in found] == expected


def test_calibration_needs_a_dev_set(config):
    with pytest.raises(InputError, match="`calibrate` needs a dev set"):
        replace(config, dev_proportion=0)


def test_calibration_refuses_a_regression_target(config, reviews, tmp_path):
    data = tmp_path / "stars.csv"
    data.write_text(
        "text,stars\n" + "".join(f"Film {n},{n % 7}.5\n" for n in range(60)), encoding="utf-8"
    )
    settings = {"data": str(data), "label": "stars", "target": "regression"}
    with pytest.raises(InputError, match="`calibrate` is for probabilities, but the target is reg"):
        train(replace(config, **settings, output=str(tmp_path / "run")), verbose=0)
