"""The errors of runs, of cross-validations and of files, in Python and on the command line."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from tiny_config import tiny_config

from kbert import InputError, Labels, Windows, find_errors, read_examples, train
from kbert.cli.main import main
from kbert.runs.run_directory import RunDirectory

# These tests analyze predictions, which are tested on each backend elsewhere.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]

TARGETS = {
    "single": ({"label": lambda n: ("bad", "good")[n % 2]}, {"label": "label"}),
    "ordered": ({"label": lambda n: n % 3}, {"label": "label", "target": "ordered"}),
    "multi": (
        {"tags": lambda n: ["a", "b"][: n % 3]},
        {"label": "tags", "target": "multi"},
    ),
    "regression": ({"euros": lambda n: 1.5 * n}, {"label": "euros", "target": "regression"}),
    "soft": (
        {"bad": lambda n: n % 2 / 4, "good": lambda n: 1 - n % 2 / 4},
        {"label": "bad,good", "target": "soft"},
    ),
}


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return tiny_config(
        reviews,
        tiny_preset,
        tmp_path_factory.mktemp("runs") / "run",
        max_length=8,
        epochs=1,
        learning_rate=1e-3,
        baseline="none",
        report=False,
    )


@pytest.fixture(scope="module")
def run(config):
    return train(config, verbose=0)


@pytest.fixture(scope="module")
def folds(config):
    output = str(RunDirectory(config.output).path.parent / "folds")
    return train(replace(config, output=output, folds=2, report=True), verbose=0)


def status(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([*map(str, arguments)])
    return ended.value.code or 0


def test_a_run_is_judged_on_the_rows_it_set_aside(run, reviews):
    found = find_errors(run.path, show=3, near=2)
    with (run.path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_loss = sorted(rows, key=lambda row: float(row[f"p({row['label']})"]))
    assert [record["row"] for record in found.records()] == [row["row"] for row in by_loss]
    assert f"{len(rows)} rows of the set dev" in found.source
    with reviews.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    set_aside = {int(row["row"]) for row in rows}
    for record in found.records():
        assert record["text"] == texts[int(record["row"]) - 1]
        for near in record.get("nearest", ()):
            assert int(near["row"]) not in set_aside
            assert near["text"] == texts[int(near["row"]) - 1]
    assert sum("nearest" in record for record in found.records()) == len(found.first)
    assert "of 95." in str(found)


def test_says_when_the_model_is_below_its_baseline(run, tmp_path):
    weak = tmp_path / "weak"
    shutil.copytree(run.path, weak)
    record = json.loads((weak / "run.json").read_text(encoding="utf-8"))
    for code, is_told in (("below-baseline", True), ("imbalance", False)):
        record["findings"] = [{"code": code, "severity": "warning", "message": "Worse."}]
        (weak / "run.json").write_text(json.dumps(record), encoding="utf-8")
        assert ("simpler one (below-baseline)" in str(find_errors(weak, near=0))) is is_told


def test_a_cross_validation_is_judged_on_all_rows(folds, capsys):
    found = find_errors(folds.path, show=2, near=1, near_rows=30)
    assert len(found.table) == 106
    assert "All 106 rows" in found.source
    assert "30 of 106 (a sample)" in str(found)
    assert status("errors", folds.path, "--near", "0", "--json") == 0
    values = json.loads(capsys.readouterr().out)
    assert values["rows"] == 106
    assert values["suspects"] == len(found.suspects)


def test_cross_validation_report_covers_all_rows(folds, tmp_path):
    text = (folds.path / "report.html").read_text(encoding="utf-8")
    scores = json.loads((folds.path / "cross_validation.json").read_text(encoding="utf-8"))
    assert f'<p class="score">{scores["out_of_fold"]["accuracy"]:.4f}' in text
    assert "106 rows, out of 2 folds" in text
    assert "fold 2" in text
    assert "each predicted by the model of the fold that was not trained on it" in text
    assert status("report", folds.path, "--output", tmp_path / "page.html") == 0
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text


def test_an_unfinished_cross_validation_has_no_report(folds, tmp_path, capsys):
    stopped = tmp_path / "stopped"
    stopped.mkdir()
    for name in ("run.json", "config.toml"):
        (stopped / name).write_bytes((folds.path / name).read_bytes())
    for verb in ("report", "errors"):
        assert status(verb, stopped) == 2
        err = capsys.readouterr().err
        assert "has not trained all its folds" in err
        assert f"resume {stopped}" in err


@pytest.mark.parametrize("kind", TARGETS)
def test_errors_of_a_file_with_each_target(kind, tiny_model, tmp_path):
    columns, how = TARGETS[kind]
    texts = [f"Text {n} of a film." for n in range(12)]
    table = {"text": texts, **{name: [of(n) for n in range(12)] for name, of in columns.items()}}
    examples = read_examples(table, text="text", **how)
    model = tiny_model(labels=examples.labels.names, target=examples.target)
    model.save_to(tmp_path / "model")
    found = find_errors(tmp_path / "model", examples, show=3)
    outputs = model.predict_proba(texts)
    expected = np.argsort(-examples.target.row_losses(outputs, examples.y), kind="stable")
    assert sorted(found.order) == list(range(12))
    assert found.losses[found.order[:3]] == pytest.approx(
        examples.target.row_losses(outputs, examples.y)[expected[:3]], rel=1e-4
    )
    assert (found.suspects is None) == (kind in ("regression", "soft"))
    assert found.near == {}  # nobody knows what this model was trained on
    assert "Greatest losses" in str(found)


def test_pairs_in_windows(tiny_model, tmp_path):
    model = tiny_model(windows=Windows(stride=2), long_text="windows")
    model.save_to(tmp_path / "model")
    texts = ["a long text of words " * 9, "short"] * 3
    names = {"text": "text", "pair": "pair", "label": "label"}
    table = {"text": texts, "pair": ["second"] * 6, "label": ["bad", "good"] * 3}
    found = find_errors(tmp_path / "model", read_examples(table, **names))
    assert "¶ second" in str(found)


def test_reports_rows_that_were_trained_on(run, reviews, tmp_path, capsys):
    output = tmp_path / "all.csv"
    assert status("errors", run.path, reviews, "--near", "0", "--output", output) == 0
    captured = capsys.readouterr()
    assert "occur in the training set" in captured.out
    assert f"Wrote {output}: 106 rows." in captured.err
    with output.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert len(rows) == 106


def test_texts_of_a_changed_file_are_left_out_with_a_note(config, reviews, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(reviews.read_bytes())
    own = train(replace(config, data=str(data), output=str(tmp_path / "run")), verbose=0)
    data.write_text("text,label\n" + "".join(f"New {n},{'ab'[n % 2]}\n" for n in range(40)))
    found = find_errors(own.path)
    assert found.texts is None
    assert "The texts are left out" in str(found)


def test_refusals_are_messages_without_a_traceback(run, config, reviews, tmp_path, capsys):
    for arguments, message in (
        (["errors", tmp_path / "none"], "does not exist"),
        (["errors", reviews], "run"),
        (["errors", run.path, "none.csv"], "none.csv"),
        (["errors", run.path, "--show", "0"], "--show must be a whole number, 1 or more"),
        (["errors", run.path, "--near", "-1"], "--near"),
        (["explain", run.path, "one"], "no word that can be left out"),
        (["explain", run.path, "A text.", "--pair", "second"], "single texts. Leave out --pair"),
        (["explain", run.path, "A text.", "--output", "page.txt"], "must end in .html"),
    ):
        assert status(*arguments) == 2
        err = capsys.readouterr().err
        assert message in err
        assert "Traceback" not in err
    without = replace(config, output=str(tmp_path / "run"), dev_proportion=0)
    own = train(without, verbose=0)
    with pytest.raises(InputError, match="has no rows of its own that it was evaluated on"):
        find_errors(own.path)
    other = read_examples((["a", "b"], ["x", "y"]), labels=Labels(("x", "y")))
    with pytest.raises(InputError, match="was read with labels other than the model's"):
        find_errors(run.path, other)


def test_explain_on_the_command_line(run, tmp_path, capsys):
    page = tmp_path / "page.html"
    assert status("explain", run.path, "A <b>moving</b> story.", "--output", page) == 0
    out = capsys.readouterr().out
    assert "moving" in out
    assert "&lt;" in page.read_text(encoding="utf-8")
    assert "<b>moving" not in page.read_text(encoding="utf-8")
