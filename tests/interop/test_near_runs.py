import os

import pytest

from kbert.errors import InputError
from kbert.interop.near_runs import near_runs
from kbert.interop.sources import find_source
from kbert.runs.run_config import check_is_run
from kbert.runs.run_directory import RunDirectory


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """Four runs, of which runs/c is the newest."""
    monkeypatch.chdir(tmp_path)
    for age, name in enumerate(["runs/c", "runs/films-1", "runs/films-2", "other/b"]):
        RunDirectory(name).update(status="stopped")
        os.utime(f"{name}/run.json", (1e9 - age, 1e9 - age))


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("films-2", "runs/films-2 or runs/films-1"),  # without its folder
        ("runs/fims-1", "runs/films-1 or runs/films-2"),
        ("runs/films-1/model", "runs/films-1"),  # inside a run
        ("other", "other/b"),  # the folder of a run
        ("nothing", "runs/c or runs/films-1 or runs/films-2"),
        ("other/x", "other/b"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_similar_runs_are_suggested(path, named):
    assert str(near_runs(path)) == f"name an existing run: {named}"


@pytest.mark.usefixtures("runs")
def test_every_entry_point_suggests_them(tmp_path):
    cure = "Cure: name an existing run: runs/films-1"
    for refuse in (
        lambda: check_is_run(RunDirectory("films-1")),
        lambda: find_source("films-1"),
        lambda: find_source("runs/films_1"),
        lambda: find_source("films_1").labels(),  # possibly the name of a preset
    ):
        with pytest.raises(InputError) as refused:
            refuse()
        assert cure in str(refused.value)


def test_nothing_is_suggested_without_matching_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert near_runs("films-1") is None
    RunDirectory("runs/other").update(status="stopped")
    assert near_runs("films-1", similar=True) is None
