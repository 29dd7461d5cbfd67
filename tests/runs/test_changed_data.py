"""The finding when the data of a run have changed."""

import pytest

from kbert import read_examples
from kbert.runs.changed_data import changed_data
from kbert.runs.run_directory import RunDirectory

TEXT = "text,label\ngood,x\nbad,y\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A run on three files, viewed from a folder other than the one it was started in."""
    folder = tmp_path / "start" / "data"
    folder.mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / f"{number}.csv").write_text(TEXT)
    monkeypatch.chdir(tmp_path)
    run = RunDirectory.create("runs/a")
    run.update(started_in=str(tmp_path / "start"))
    return run


def told(run, pattern="start/data/*.csv", files=("data/1.csv", "data/2.csv", "data/3.csv")):
    finding = changed_data(run, read_examples(pattern), {"files": list(files)})
    assert (finding.code, finding.severity) == ("data-differs", "error")
    assert "kbert.continue_training(" in str(finding.cure)
    return finding.message


def test_new_files_are_named(run, tmp_path):
    (tmp_path / "start" / "data" / "4.csv").write_text(TEXT)
    assert told(run) == (
        "start/data/*.csv matches files that were not there when runs/a was started: "
        "start/data/4.csv."
    )
    for number in range(5, 9):
        (tmp_path / "start" / "data" / f"{number}.csv").write_text(TEXT)
    assert told(run).endswith("start/data/6.csv and 2 more.")


def test_missing_files_are_named(run, tmp_path):
    (tmp_path / "start" / "data" / "2.csv").unlink()
    assert told(run) == (
        "start/data/*.csv no longer matches data/2.csv, with which runs/a was started."
    )


def test_changed_contents_are_reported(run):
    assert told(run) == "The files of start/data/*.csv have changed since runs/a was started."


def test_a_changed_single_file_is_reported(run):
    pattern = "start/data/1.csv"
    assert told(run, pattern) == "start/data/1.csv has changed since runs/a was started."
