"""The report of a run: what it contains, and failures that do not stop the run."""

import csv
import re
from dataclasses import replace

import pytest

from kbert import InputError, TrainConfig, resume, train
from kbert.cli.main import main
from kbert.runs import report_of_run as module
from kbert.runs.report_of_run import report_of_run, write_report
from kbert.runs.run_directory import RunDirectory

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


@pytest.fixture(scope="module")
def config(reviews, tiny_preset, tmp_path_factory):
    return TrainConfig(
        data=str(reviews),
        output=str(tmp_path_factory.mktemp("runs") / "films"),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=2,
        allow=("too-few-updates",),
        batch_size=16,
        learning_rate=1e-3,
        baseline="tfidf",
    )


@pytest.fixture(scope="module")
def run(config):
    return train(config, verbose=0)


def status(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return ended.value.code or 0


def test_a_run_writes_its_report(run):
    text = (run.path / "report.html").read_text(encoding="utf-8")
    accuracy = run.best_scores()["accuracy"]
    assert f'<p class="score">{accuracy:.4f}' in text
    assert "TF-IDF" in text
    with (run.path / "predictions.csv").open(encoding="utf-8", newline="") as file:
        wrong = [row for row in csv.DictReader(file) if row["label"] != row["predicted"]]
    assert f"<td>{wrong[0]['row']}</td><td>{wrong[0]['label']}</td>" in text


def test_the_command_writes_the_same_report(run, tmp_path, capsys):
    output = tmp_path / "page.html"
    assert status("report", str(run.path), "--output", str(output)) == 0
    assert capsys.readouterr().out == f"Wrote {output}.\n"
    first = (run.path / "report.html").read_text(encoding="utf-8")
    assert output.read_text(encoding="utf-8") == first


def test_the_report_describes_the_training(run):
    report = report_of_run(run)
    assert report.plan.updates == len(report.log.steps) == run.record["plan"]["updates"]
    assert len(report.predictions) == len(report.texts) == run.best_scores()["rows"]
    assert report.baselines["tfidf"].training_rows == run.record["data"]["train"]["rows"]
    assert report.notes == ()


def test_a_report_without_the_data_says_that_it_lacks_the_texts(config, reviews, tmp_path):
    data = tmp_path / "data.csv"
    data.write_bytes(reviews.read_bytes())
    settings = replace(config, data=str(data), output=str(tmp_path / "run"), report=False)
    own = train(settings, verbose=0)
    assert not (own.path / "report.html").exists()
    data.unlink()
    report = report_of_run(own)
    assert report.texts is None
    [note] = report.notes
    assert re.match("The texts are left out: .*data.csv", note)
    text = write_report(own.path).read_text(encoding="utf-8")
    assert "The texts are left out" in text
    assert "Most confident mistakes" in text


def test_a_failing_report_does_not_fail_the_run(config, tmp_path, monkeypatch, capsys):
    def fail(report):
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(module, "page", fail)
    own = train(replace(config, output=str(tmp_path / "run"), epochs=1))
    assert own.record["status"] == "finished"
    assert "The report is left out: of all things." in capsys.readouterr().out
    assert not (own.path / "report.html").exists()


def test_a_run_without_an_evaluation_has_a_report(config, tmp_path):
    settings = replace(config, output=str(tmp_path / "run"), dev_proportion=0, baseline="both")
    own = train(replace(settings, epochs=1), verbose=0)
    assert "no rows to evaluate on" in (own.path / "report.html").read_text(encoding="utf-8")
    assert not (own.path / "predictions.csv").exists()


def test_a_resumed_run_has_no_report_until_its_end(run, config, tmp_path, monkeypatch):
    own = train(replace(config, output=str(tmp_path / "run"), epochs=1), verbose=0)
    seen = []
    monkeypatch.setattr(
        "kbert.runs.fit_run.best_logits",
        lambda *arguments: seen.append((own.path / "report.html").exists()) or {},
    )
    monkeypatch.setattr("kbert.runs.finish_run.write_predictions", lambda *arguments: None)
    resume(own.path, epochs=2, verbose=0)
    assert seen == [False]


@pytest.mark.parametrize("name", ["nothing", "film.csv"])
def test_a_path_that_is_not_a_run_is_refused(name, tmp_path, capsys):
    (tmp_path / "film.csv").write_text("text\n", encoding="utf-8")
    assert status("report", str(tmp_path / name)) == 2
    assert "Traceback" not in capsys.readouterr().err
    with pytest.raises(InputError):
        report_of_run(RunDirectory(tmp_path / name))
