"""Runs with weighted rows and classes, and with another loss."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from kills import Killed, killed_after
from safetensors.numpy import load_file

from kbert import InputError, TrainConfig, read_examples, resume, train
from kbert.cli.main import main
from kbert.runs.build_model import build_model
from kbert.runs.prepare import prepare

pytestmark = pytest.mark.keras


@pytest.fixture(scope="module")
def weighted(reviews, tmp_path_factory):
    """The reviews, every third of which counts twice as much."""
    with reviews.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path = tmp_path_factory.mktemp("data") / "weighted.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label", "trust"])
        table.writerows([r["text"], r["label"], 1 + (i % 3 == 0)] for i, r in enumerate(rows))
    return path


@pytest.fixture
def config(weighted, tiny_preset, tmp_path):
    return TrainConfig(
        data=str(weighted),
        output=str(tmp_path / "run"),
        preset=str(tiny_preset),
        weights="random",
        max_length=16,
        epochs=2,
        batch_size=16,
        learning_rate=1e-3,
        dev_proportion=0.2,
        weight="trust",
        class_weight="bad=3",
        loss="focal",
        label_smoothing=0.1,
    )


@pytest.mark.any_backend  # models/test_weights.py compares what each computes
def test_a_run_is_trained_and_scored_by_weight(config, capsys):
    run = train(config)
    printed = capsys.readouterr().out
    assert "weight = 'trust'" in printed
    assert "Class weights: bad 3, good 1" in printed
    assert ", by weight: accuracy" in printed
    evaluations = json.loads((run.path / "evaluations.json").read_text())
    assert evaluations["epochs"][0]["dev"]["weighted"] is True
    assert TrainConfig.from_toml(run.path / "config.toml").class_weight == "bad=3"
    # `evaluate` uses the run's columns, including the weights.
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(run.path), config.data, "--json"])
    assert ended.value.code in (None, 0)
    assert json.loads(capsys.readouterr().out)["weighted"] is True


def test_weights_average_to_1_and_the_named_loss_is_used(config):
    prepared = prepare(config)
    trust, ids = prepared.training.weights, prepared.training.label_ids
    by_hand = trust * np.where(ids == prepared.labels.ids["bad"], 3, 1)
    np.testing.assert_allclose(prepared.weights, by_hand / by_hand.mean(), rtol=1e-6)
    loss = build_model(prepared).loss
    assert (loss.loss, loss.label_smoothing, loss.gamma) == ("focal", 0.1, 2.0)


@pytest.fixture(scope="module")
def tags(reviews, tmp_path_factory):
    """The reviews with several labels, one of them rare."""
    path = tmp_path_factory.mktemp("data") / "labels.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "tags"])
        for number, text in enumerate(read_examples(reviews).texts):
            table.writerow([text, "long;rare" if number % 5 == 0 else "long" * (number % 2)])
    return path


OF_LABELS = {"class_weight": "balanced", "weight": None, "loss": "categorical_crossentropy"}


@pytest.mark.any_backend  # weights of rows are part of the batches
@pytest.mark.parametrize("kind", ["one class", "several labels"])
def test_a_stopped_run_resumes_to_the_same_bits(kind, config, tags, tmp_path):
    if kind == "several labels":
        config = replace(config, data=str(tags), label="tags", label_separator=";", **OF_LABELS)
    with killed_after(None, config.output) as changes:
        whole = train(config, verbose=0)
    stopped = replace(config, output=str(tmp_path / "stopped"))
    with pytest.raises(Killed), killed_after(int(changes.count * 0.8), stopped.output):
        train(stopped, verbose=0)
    again = resume(tmp_path / "stopped", verbose=0)
    for name, array in load_file(whole.model_folder / "model.safetensors").items():
        other = load_file(again.model_folder / "model.safetensors")[name]
        assert np.array_equal(array, other), name


@pytest.mark.any_backend  # refused before Keras is asked
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"weight": "trusst"}, "has no column 'trusst'. Did you mean 'trust'"),
        ({"weight": "text"}, "named both as the text and as the weight"),
        ({"class_weight": "awful=2"}, "the label 'awful' is not one of the 2 known labels"),
        ({"class_weight": "auto"}, "must be balanced, or NAME=WEIGHT"),
    ],
)
def test_invalid_weight_settings_are_refused(config, changes, message):
    with pytest.raises(InputError, match=message):
        train(replace(config, **changes), verbose=0)


@pytest.mark.any_backend
def test_a_dev_file_without_the_column_counts_rows_equally(config, reviews):
    prepared = prepare(replace(config, dev=str(reviews), allow=("dev-overlap",), dev_proportion=0))
    assert prepared.sets["dev"].weights is None


def test_classes_of_several_labels_can_be_balanced(tiny_preset, tags, tmp_path, capsys):
    soft = tmp_path / "soft.csv"
    soft.write_text("text,a,b\nfine,1,0\nbad,0.5,0.5\n")
    config = TrainConfig(
        str(tags),
        label="tags",
        label_separator=";",
        class_weight="balanced",
        preset=str(tiny_preset),
        weights="random",
        max_length=16,
        allow=("too-few-updates",),
    )
    prepared = prepare(config)
    model = build_model(prepared)
    shares = prepared.training.y.mean(axis=0)
    np.testing.assert_allclose(model.loss.weights, (1 - shares) / shares)
    assert "Class weights: long " in capsys.readouterr().out
    other = replace(config, data=str(soft), label="a,b", label_separator=None, target="soft")
    with pytest.raises(InputError, match="in each row, but the target is soft"):
        prepare(other)
