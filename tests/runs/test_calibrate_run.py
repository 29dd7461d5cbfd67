"""A run that ends with a calibrated model."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kills import Killed, killed_after
from safetensors.numpy import load_file
from sklearn.metrics import log_loss

from kbert import (
    BertClassifier,
    InputError,
    Predictor,
    TrainConfig,
    continue_training,
    export,
    find_source,
    read_examples,
    resume,
    train,
)
from kbert.results.temperature import Temperature

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "run"),
        preset=str(tiny_preset),
        weights="random",
        max_length=32,
        epochs=3,
        allow=("too-few-updates",),
        batch_size=16,
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
def changed(config):
    with killed_after(None, config.output) as changes:
        return train(config, verbose=0), changes.count


@pytest.fixture(scope="module")
def run(changed):
    return changed[0]


def weights(run):
    return load_file(run.model_folder / "model.safetensors")


def shares(run):
    rows = pd.read_csv(run.path / "predictions.csv")
    return rows, rows[["p(bad)", "p(good)"]].to_numpy()


def test_the_head_is_divided_and_nothing_else(run, plain):
    temperature = run.record["calibration"]["temperature"]
    assert temperature != 1
    ours, theirs = weights(run), weights(plain)
    for name, array in theirs.items():
        expected = array / np.float32(temperature) if name.startswith("logits/") else array
        np.testing.assert_array_equal(ours[name], expected, err_msg=name)
    assert BertClassifier.load(run.path).temperature == temperature


def test_it_is_the_temperature_of_the_dev_rows(run, plain):
    rows, before = shares(plain)
    true = (rows["label"] == "good").to_numpy().astype(int)
    found = Temperature.fit(np.log(before), true)
    recorded = run.record["calibration"]
    assert recorded["temperature"] == pytest.approx(found.value, rel=1e-2)
    assert recorded["rows"] == len(rows)
    assert recorded["log_loss"][0] == pytest.approx(log_loss(true, before[:, 1]), rel=1e-4)
    assert recorded["ece"] == pytest.approx([found.before.ece, found.after.ece], abs=1e-3)
    assert recorded["brier"] == pytest.approx([found.before.brier, found.after.brier], abs=1e-3)


def test_the_predictions_are_calibrated_and_the_scores_those_of_training(run, plain):
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


def test_each_format_has_its_probabilities(run, reviews, tmp_path):
    texts = read_examples(reviews).texts
    expected = Predictor.load(run.path).predict_proba(texts)
    for format, path in (("huggingface", "hf"), ("google", "tf1"), ("keras", "model.keras")):
        export(run.path, tmp_path / path, format=format)
    for path, labels in (("hf", None), ("tf1", ["bad", "good"]), ("model.keras", None)):
        if labels is None:
            model = BertClassifier.load(tmp_path / path)
        else:
            model = BertClassifier.from_preset(
                str(tmp_path / path), labels, head="preset", max_length=32
            )
        np.testing.assert_allclose(model.predict_proba(texts), expected, atol=1e-5)


@pytest.mark.usefixtures("forked_exports")
def test_a_program_has_its_probabilities(run, reviews, tmp_path):
    texts = read_examples(reviews).texts
    export(run.path, tmp_path / "onnx", format="onnx")
    found = Predictor.load(tmp_path / "onnx").predict_proba(texts)
    np.testing.assert_allclose(found, Predictor.load(run.path).predict_proba(texts), atol=1e-5)


def test_it_is_told(config, tmp_path, capsys):
    own = train(replace(config, output=str(tmp_path / "run"), epochs=1))
    output = " ".join(capsys.readouterr().out.split())
    recorded = own.record["calibration"]
    assert f"Temperature {recorded['temperature']:g}, fitted on the " in output
    assert f"ECE {recorded['ece'][0]:.4f} before, {recorded['ece'][1]:.4f} after" in output
    assert "from p coverage accuracy rows" in output
    page = (own.path / "report.html").read_text(encoding="utf-8")
    assert f"divided by the temperature {recorded['temperature']:g}," in page
    assert "<h3>Coverage</h3>" in page


@pytest.mark.parametrize("left", [7, 10, 13])
def test_killed_while_it_ends_it_ends_with_the_same_bits(left, changed, config, tmp_path):
    whole, changes = changed
    output = tmp_path / "run"
    with pytest.raises(Killed), killed_after(changes - left, output):
        train(replace(config, output=str(output)), verbose=0)
    record = json.loads((output / "run.json").read_text(encoding="utf-8"))
    if record["status"] == "finished":
        return  # only the report is missing
    resumed = resume(output, verbose=0)
    assert resumed.record["calibration"] == whole.record["calibration"]
    assert (resumed.model_folder / "model.safetensors").read_bytes() == (
        whole.model_folder / "model.safetensors"
    ).read_bytes()
    assert (resumed.path / "predictions.csv").read_bytes() == (
        whole.path / "predictions.csv"
    ).read_bytes()


@pytest.fixture
def own(run, tmp_path):
    """A copy of the run."""
    shutil.copytree(run.path, tmp_path / "own")
    return type(run)(tmp_path / "own")


def test_a_finished_run_lacks_nothing(own):
    with pytest.raises(InputError, match="has completed its 3 epochs"):
        resume(own.path, verbose=0)


def test_a_model_that_is_gone_is_calibrated_again(own, run):
    shutil.rmtree(own.model_folder)
    resume(own.path, verbose=0)
    assert own.record["calibration"] == run.record["calibration"]
    for name, array in weights(run).items():
        np.testing.assert_array_equal(weights(own)[name], array, err_msg=name)


def test_trained_longer_it_is_calibrated_once(own, config, tmp_path):
    """Whichever evaluation is the best: the model is that of its checkpoint, divided once."""
    resume(own.path, epochs=5, verbose=0)
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


def test_continued_it_begins_with_the_divided_head(run, tmp_path):
    second = continue_training(run.path, tmp_path / "second", epochs=1, verbose=0)
    assert second.record["calibration"]["temperature"] > 0
    settings = find_source(second.path).settings()
    assert settings.get("temperature", 1) == second.record["calibration"]["temperature"]


def test_several_labels_are_predicted_as_without_it(config, reviews, tmp_path):
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
    both = [
        train(
            replace(config, **several, output=str(tmp_path / name), calibrate=calibrate), verbose=0
        )
        for name, calibrate in (("plain", False), ("calibrated", True))
    ]
    texts = [row["text"] for row in rows]
    before, after = (Predictor.load(one.path) for one in both)
    assert both[1].record["calibration"]["temperature"] != 1
    assert before.target.thresholds != after.target.thresholds
    assert [one.labels for one in before.predict(texts)] == [
        one.labels for one in after.predict(texts)
    ]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dev_proportion": 0}, "`calibrate` needs a dev set"),
    ],
)
def test_refuses(changes, message, config):
    with pytest.raises(InputError, match=message):
        replace(config, **changes)


def test_refuses_numbers(config, reviews, tmp_path):
    data = tmp_path / "stars.csv"
    data.write_text("text,stars\nGood film,3.5\nBad film,1\nA film,2\n" * 20, encoding="utf-8")
    settings = {"data": str(data), "label": "stars", "target": "regression"}
    with pytest.raises(InputError, match="`calibrate` is for probabilities, but the target is reg"):
        train(replace(config, **settings, output=str(tmp_path / "run")), verbose=0)
