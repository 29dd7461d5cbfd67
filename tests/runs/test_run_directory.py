import csv
import os

import pytest

from kbert.data.reading.rows import BadRow
from kbert.errors import InputError, KbertError
from kbert.findings import Cure, Problem
from kbert.runs.run_directory import RunDirectory, check_free, next_free


def test_a_run_is_created_in_a_new_or_empty_directory(tmp_path):
    path = tmp_path / "runs" / "a"
    run = RunDirectory.create(path)
    assert path.is_dir()
    assert (str(run), run.path, run.model_folder, run.record) == (
        str(path),
        path,
        path / "model",
        {},
    )
    assert RunDirectory.create(path).path == path  # an empty directory will do


@pytest.mark.parametrize(
    ("made", "held"),
    [
        ("a/run.json", r"a already contains a run; kbert never .*a-2"),
        ("a/notes.txt", r"a already exists; kbert never .*a-2"),
        ("a", r"a already exists; kbert never .*name a new folder"),
    ],
    ids=["run", "folder", "file"],
)
def test_nothing_is_overwritten(made, held, tmp_path):
    file = tmp_path / made
    file.parent.mkdir(exist_ok=True)
    file.write_text("kept")
    (tmp_path / "a-1").mkdir()
    for refuse in (check_free, RunDirectory.create):
        with pytest.raises(KbertError, match=held):
            refuse(tmp_path / "a")
    assert file.read_text() == "kept"


def test_a_directory_that_cannot_be_created_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KbertError, match=r"file/a cannot be created: "):
        RunDirectory.create(tmp_path / "file" / "a")


def test_next_free(tmp_path):
    assert next_free(tmp_path / "runs", "a") == tmp_path / "runs" / "a-1"
    (tmp_path / "a-1").mkdir()
    (tmp_path / "a-2").write_text("")
    (tmp_path / "a-4").mkdir()
    assert next_free(str(tmp_path), "a") == tmp_path / "a-3"


def test_updates_of_the_record_are_merged(tmp_path):
    run = RunDirectory.create(tmp_path / "a")
    run.update(status="running", labels=["好", "b"])
    run.update(status="finished", best_epoch=2)
    assert RunDirectory(tmp_path / "a").record == {
        **{"status": "finished", "labels": ["好", "b"], "best_epoch": 2}
    }
    text = (tmp_path / "a" / "run.json").read_text("utf-8")
    assert "好" in text
    assert os.listdir(tmp_path / "a") == ["run.json"]


def test_a_plan_recorded_by_kbert_0_1_gets_the_new_names(tmp_path):
    run = RunDirectory.create(tmp_path / "a")
    run.update(plan={"epochs": 3, "accumulation": 2})
    assert run.record["plan"] == {"epochs": 3, "gradient_accumulation_steps": 2}


def test_a_broken_run_json_is_refused_and_not_replaced(tmp_path):
    run = RunDirectory.create(tmp_path / "a")
    for content in (b"{", b"\xff"):
        (tmp_path / "a" / "run.json").write_bytes(content)
        with pytest.raises(InputError, match=r"run.json cannot be read: .*restore it from a copy"):
            run.update(status="finished")
        run.try_to_update(status="failed")
        assert (tmp_path / "a" / "run.json").read_bytes() == content


def test_the_config_is_written_as_it_is(tmp_path):
    RunDirectory(tmp_path).write_config('data = "a\\r\\n"\r\n')
    assert (tmp_path / "config.toml").read_bytes() == b'data = "a\\r\\n"\r\n'


def test_skipped_rows_can_be_read_as_csv(tmp_path):
    cure = Cure(note="fix it")
    rows = [
        BadRow("a.csv", 3, 4, Problem("2 fields, not {n}", cure, {"n": 3}), 'x, "y"\nz'),
        BadRow("data frame", 5, 0, Problem("the text is empty", cure)),
        BadRow("a.csv", 6, 9, Problem("NUL", cure), "a\0b \ud800"),
    ]
    RunDirectory(tmp_path).write_skipped(iter(rows))
    with (tmp_path / "skipped_rows.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["file", "row", "line", "reason", "content"],
            ["a.csv", "3", "4", "2 fields, not 3", 'x, "y"\nz'],
            ["data frame", "5", "", "the text is empty", ""],
            ["a.csv", "6", "9", "NUL", "a\\0b �"],
        ]


def test_no_file_is_written_without_skipped_rows(tmp_path):
    RunDirectory(tmp_path).write_skipped([])
    assert os.listdir(tmp_path) == []
