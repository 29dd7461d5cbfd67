"""Cross-validation: one run per fold, which can be stopped at any moment."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from kills import Killed, killed_after
from sklearn.metrics import accuracy_score, f1_score, log_loss, mean_squared_error
from tiny_config import tiny_config

from kbert import InputError, TrainConfig, continue_training, read_examples, resume, train
from kbert.cli.main import main
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras


def config_of(reviews, tiny_preset, output, **changes):
    return tiny_config(
        reviews,
        tiny_preset,
        output,
        max_length=8,
        epochs=1,
        learning_rate=1e-3,
        **changes,
    )


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return config_of(reviews, tiny_preset, tmp_path_factory.mktemp("runs") / "cv", folds=2)


@pytest.fixture(scope="module")
def whole(config):
    """A cross-validation, and how many changes it made to its files."""
    with killed_after(None, config.output) as changes:
        run = train(config, verbose=0)
    return run, changes.count


def status(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code or 0


def predictions(run):
    with (run.path / "out_of_fold.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.any_backend  # a matter of the files
def test_cross_validations_are_compared_on_all_their_rows(whole, tmp_path, capsys):
    run, _ = whole
    copy = tmp_path / "copy"
    shutil.copytree(run.path, copy)
    assert status("compare", str(run), str(copy)) == 0
    out = capsys.readouterr().out
    assert f"accuracy on the same {len(predictions(run))} rows, each predicted by" in out
    assert "Settings, data and versions are the same." in out
    lines = (copy / "out_of_fold.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (copy / "out_of_fold.csv").write_text("".join(lines[:-1]), encoding="utf-8")
    assert status("compare", str(run), str(copy)) == 2
    assert "are cross-validations of different rows" in capsys.readouterr().err
    assert status("compare", str(run), str(run.path / "fold-1")) == 2
    assert "is a cross-validation, scored on all its rows" in capsys.readouterr().err


@pytest.mark.any_backend  # a matter of the rows
def test_each_row_is_predicted_by_the_model_not_trained_on_it(whole, reviews):
    run, _ = whole
    rows = predictions(run)
    with reviews.open(encoding="utf-8", newline="") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    assert [int(row["row"]) for row in rows] == list(range(1, len(labels) + 1))
    assert [row["label"] for row in rows] == labels
    for number in (1, 2):
        fold = RunDirectory(run.path / f"fold-{number}")
        listed = (fold.path / "dev_rows.csv").read_text().split()[1:]
        assert [row["row"] for row in rows if row["fold"] == str(number)] == listed
        assert TrainConfig.from_toml(fold.path / "config.toml").fold == number
        assert fold.record["status"] == "finished"


@pytest.mark.any_backend
def test_the_scores_are_those_of_the_folds_and_of_all_rows(whole):
    run, _ = whole
    found = json.loads((run.path / "cross_validation.json").read_text(encoding="utf-8"))
    folds = [RunDirectory(run.path / f"fold-{n}").best_scores()["accuracy"] for n in (1, 2)]
    accuracy = found["scores"]["dev"]["accuracy"]
    assert accuracy["folds"] == folds
    assert accuracy["mean"] == pytest.approx(sum(folds) / 2)
    assert accuracy["deviation"] == pytest.approx(abs(folds[0] - folds[1]) / 2**0.5)
    rows = predictions(run)
    by_hand = accuracy_score([row["label"] for row in rows], [row["predicted"] for row in rows])
    assert found["out_of_fold"]["accuracy"] == pytest.approx(by_hand)
    assert run.record["status"] == "finished"


@pytest.mark.any_backend  # test_resume_exactly.py resumes on each
@pytest.mark.parametrize("share", [0.3, 0.55, 0.9])
def test_a_killed_one_resumes_to_the_same_predictions(share, config, whole, tmp_path):
    run, count = whole
    stopped = replace(config, output=str(tmp_path / "stopped"))
    with pytest.raises(Killed), killed_after(int(count * share), stopped.output):
        train(stopped, verbose=0)
    again = resume(tmp_path / "stopped", verbose=0)
    assert predictions(again) == predictions(run)


@pytest.mark.any_backend
def test_a_finished_one_is_not_trained_again(whole):
    with pytest.raises(InputError, match="has trained all its 2 folds"):
        resume(whole[0].path, verbose=0)
    with pytest.raises(
        InputError, match="so all must be trained in the same way: leave out `epochs`"
    ):
        resume(whole[0].path, epochs=3, verbose=0)
    with pytest.raises(InputError, match="is a cross-validation: each of its folds has a model"):
        continue_training(whole[0].path, verbose=0)


@pytest.mark.any_backend
def test_a_fold_trained_alone_has_the_same_scores(whole, config, tmp_path):
    run = train(replace(config, fold=2, output=str(tmp_path / "second")), verbose=0)
    other = RunDirectory(whole[0].path / "fold-2")
    assert run.best_scores() == other.best_scores()


@pytest.mark.any_backend
def test_a_refusal_leaves_no_run_behind(config, tmp_path):
    with pytest.raises(InputError, match="no column 'lable'"):
        train(replace(config, label="lable", output=str(tmp_path / "new")), verbose=0)
    assert not (tmp_path / "new").exists()


@pytest.mark.any_backend
def test_a_fold_is_evaluated_on_the_rows_it_set_aside(whole, capsys):
    fold = RunDirectory(whole[0].path / "fold-1")
    assert status("evaluate", str(fold.path), "--json") == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["accuracy"] == pytest.approx(fold.best_scores()["accuracy"])
    assert scores["rows"] == fold.best_scores()["rows"]
    assert status("evaluate", str(fold.model_folder)) == 2
    assert "has no rows of its own to be evaluated on" in capsys.readouterr().err
    assert status("evaluate", str(fold.path), "--text", "text") == 2
    assert "--text says how a file is used: name the file." in capsys.readouterr().err


@pytest.mark.any_backend
@pytest.mark.parametrize("kind", ["multi", "regression", "soft"])
def test_folds_of_other_targets(kind, reviews, tiny_preset, tmp_path, capsys):
    texts = list(read_examples(reviews).texts)
    a = [n % 4 / 4 if kind == "soft" else n % 2 for n in range(len(texts))]
    b = [1 - x if kind == "soft" else n % 3 // 2 for n, x in enumerate(a)]
    data = tmp_path / "columns.csv"
    pd.DataFrame({"text": texts, "a": a, "b": b}).to_csv(data, index=False)
    settings = {"folds": 2, "target": kind, "label": "a,b", "baseline": "tfidf"}
    run = train(config_of(data, tiny_preset, tmp_path / "run", **settings))
    printed = capsys.readouterr().out
    assert "TF-IDF" in printed
    assert ("Labels are predicted from a probability of 0.5 here: the thresh" in printed) == (
        kind == "multi"
    )
    rows = pd.read_csv(run.path / "out_of_fold.csv")
    true = rows[["true(a)", "true(b)"]].to_numpy()
    np.testing.assert_allclose(true, np.array([a, b]).T)
    word = "predicted" if kind == "regression" else "p"
    outputs = rows[[f"{word}(a)", f"{word}(b)"]].to_numpy()
    found = json.loads((run.path / "cross_validation.json").read_text())["out_of_fold"]
    if kind == "multi":
        expected = f1_score(true, outputs >= 0.5, average="micro", zero_division=0)
        assert found["micro_f1"] == pytest.approx(expected)
        assert found["loss"] == pytest.approx(log_loss(true.ravel(), outputs.ravel()))
    elif kind == "regression":
        errors = mean_squared_error(true, outputs, multioutput="raw_values") ** 0.5
        assert found["rmse"] == pytest.approx(errors.mean())
        loss = mean_squared_error(true / true.std(axis=0), outputs / true.std(axis=0))
        assert found["loss"] == pytest.approx(loss)
    else:
        assert found["loss"] == pytest.approx(-(true * np.log(outputs)).sum(axis=1).mean())
        agreed = accuracy_score(true.argmax(axis=1), outputs.argmax(axis=1))
        assert found["accuracy"] == pytest.approx(agreed)
    monitor = {"multi": "micro_f1", "regression": "spearman", "soft": "accuracy"}[kind]
    folds = [RunDirectory(run.path / f"fold-{n}").best_scores()[monitor] for n in (1, 2)]
    scores = json.loads((run.path / "cross_validation.json").read_text())["scores"]
    assert scores["dev"][monitor]["mean"] == pytest.approx(sum(folds) / 2)


@pytest.mark.any_backend  # a matter of the rows
def test_rows_of_a_test_file_belong_to_no_fold(reviews, tiny_preset, tmp_path):
    config = config_of(reviews, tiny_preset, tmp_path / "cv", folds=2, test=str(reviews))
    allowed = (*config.allow, "dev-overlap")
    found = predictions(train(replace(config, allow=allowed, report=False), verbose=0))
    assert [int(row["row"]) for row in found] == list(range(1, len(found) + 1))
    assert len(found) == len(read_examples(reviews))
    assert list(found[0]) == ["row", "fold", "label", "predicted", "p(bad)", "p(good)"]
