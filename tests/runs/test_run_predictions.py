"""The predictions of its best model that a run keeps."""

import csv

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss
from tiny_config import tiny_config

from kbert import InputError, Predictor, TrainConfig, read_examples, resume, train
from kbert.runs.run_predictions import predict_again

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return tiny_config(
        reviews,
        tiny_preset,
        tmp_path_factory.mktemp("runs") / "run",
        max_length=32,  # texts of many lengths, so they are evaluated in another order
        epochs=4,
        learning_rate=1e-2,
        dev_proportion=0.3,
    )


@pytest.fixture(scope="module")
def run(config):
    return train(config, verbose=0)


def table(run):
    return pd.read_csv(run.path / "predictions.csv")


def test_predictions_give_the_scores_of_the_best_evaluation(run):
    rows = table(run)
    best = run.best_scores()
    shares = rows[["p(bad)", "p(good)"]].to_numpy()
    assert accuracy_score(rows["label"], rows["predicted"]) == pytest.approx(best["accuracy"])
    assert log_loss(rows["label"], shares / shares.sum(1, keepdims=True)) == pytest.approx(
        best["loss"], rel=1e-5
    )


def test_each_prediction_is_of_the_row_it_names(run, reviews):
    rows, whole = table(run), read_examples(reviews)
    with (run.path / "dev_rows.csv").open(encoding="utf-8", newline="") as file:
        assert rows["row"].tolist() == [int(line["row"]) for line in csv.DictReader(file)]
    places = rows["row"].to_numpy() - 1
    assert rows["label"].tolist() == [whole.labels.names[i] for i in whole.label_ids[places]]
    predicted = Predictor.load(run.path).predict([whole.texts[place] for place in places])
    assert rows["predicted"].tolist() == [one.label for one in predicted]
    assert rows["p(good)"].to_numpy() == pytest.approx(
        [one.probabilities["good"] for one in predicted], abs=1e-5
    )
    assert np.ptp(rows["p(good)"]) > 1e-4  # otherwise any order would pass


def test_the_confusion_matrix_is_that_of_the_predictions(run):
    rows = table(run)
    matrix = pd.read_csv(run.path / "confusion_matrix.csv", index_col="label")
    assert matrix.columns.tolist() == ["predicted(bad)", "predicted(good)"]
    expected = confusion_matrix(rows["label"], rows["predicted"], labels=["bad", "good"])
    np.testing.assert_array_equal(matrix.to_numpy(), expected)


def test_a_run_trained_longer_has_those_of_its_best_model(config, run, tmp_path):
    """Its best evaluation may be an earlier one."""
    with pytest.raises(InputError):
        resume(run.path)  # refused: nothing changes
    before = table(run)
    resume(run.path, epochs=5, verbose=0)
    rows, best = table(run), run.best_scores()
    assert accuracy_score(rows["label"], rows["predicted"]) == pytest.approx(best["accuracy"])
    assert rows["row"].tolist() == before["row"].tolist()


def test_several_sets_are_told_apart(config, reviews, tmp_path):
    output = str(tmp_path / "run")
    settings = {**vars(config), "output": output, "test": str(reviews), "epochs": 1}
    settings["allow"] = ("too-few-updates", "dev-overlap")
    rows = table(train(TrainConfig(**settings), verbose=0))
    assert rows.columns[:2].tolist() == ["row", "set"]
    counts = rows["set"].value_counts().to_dict()
    assert counts["test"] == len(read_examples(reviews))
    assert set(counts) == {"dev", "test"}


def test_predicting_again_gives_the_same(run):
    before = table(run)
    (run.path / "predictions.csv").unlink()
    predict_again(run)
    again = table(run)
    pd.testing.assert_frame_equal(again, before, rtol=1e-3, atol=1e-4)


def test_changed_rows_are_not_predicted(config, reviews, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(reviews.read_bytes())
    settings = {**vars(config), "data": str(data), "output": str(tmp_path / "run"), "epochs": 1}
    own = train(TrainConfig(**settings), verbose=0)
    text = data.read_text(encoding="utf-8").replace("A", "B")
    data.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="has changed since"):
        predict_again(own)
