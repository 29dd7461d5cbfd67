import json
import threading

import pytest
from fake_tracker import FakeTracker
from log_files import write_evaluations, write_rows

from kbert.trackers import log_mirror
from kbert.trackers.log_mirror import LogMirror
from kbert.trackers.tracked_run import TrackedRun


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(FakeTracker, "runs", {})
    monkeypatch.setattr(FakeTracker, "fails_in", "")


def mirrored(folder, identity="a", status="finished"):
    mirror = LogMirror([FakeTracker()])
    mirror.start(TrackedRun(folder, "run", {"epochs": 1}, identity))
    mirror.finish(status, ["no-warmup"])


def test_a_tracker_gets_the_whole_log_and_the_end(tmp_path, capsys):
    write_rows(tmp_path, "0,0,0.1,2\n", "1,0,0.1,1\n")
    write_evaluations(tmp_path, (1, None))
    mirrored(tmp_path)
    (kept,) = FakeTracker.runs.values()
    assert [values.get("train/loss") for values in kept["steps"].values()] == [2, 1, None]
    ((end, step),) = kept["ends"]
    assert (end.status, end.findings, step) == ("finished", ("no-warmup",), 2)
    assert end.scores["best/dev/accuracy"] == 0.75
    assert capsys.readouterr().out == "Fake: in memory\n"
    assert kept["run"].settings == {"epochs": 1}


def test_rows_are_sent_as_they_come(tmp_path, monkeypatch):
    monkeypatch.setattr(log_mirror, "_EVERY", 0.001)
    sent = threading.Event()
    monkeypatch.setattr(FakeTracker, "send", lambda self, steps: sent.set())
    mirror = LogMirror([FakeTracker()])
    mirror.start(TrackedRun(tmp_path, "run", {}))
    write_rows(tmp_path, "0,0,0.1,2\n")
    assert sent.wait(30)
    mirror.finish("finished")


def test_the_same_run_continues_in_the_tracker_but_a_new_plan_does_not(tmp_path):
    write_rows(tmp_path, "0,0,0.1,2\n")
    mirrored(tmp_path, status="stopped")
    write_rows(tmp_path, "1,0,0.1,1\n")
    mirrored(tmp_path)
    assert [list(kept["steps"]) for kept in FakeTracker.runs.values()] == [[0, 1]]
    mirrored(tmp_path, "b")
    assert [list(kept["steps"]) for kept in FakeTracker.runs.values()] == [[0, 1], [0, 1]]


def test_an_evaluation_of_a_stopped_run_waits_for_its_step(tmp_path):
    write_rows(tmp_path, "0,0,0.1,2\n")
    write_evaluations(tmp_path, (1, None))
    mirrored(tmp_path, status="stopped")
    write_rows(tmp_path, "1,1,0.1,1\n")
    mirrored(tmp_path)
    (kept,) = FakeTracker.runs.values()
    assert list(kept["steps"][1])[-1] == "train/loss"
    assert "dev/accuracy" in kept["steps"][1]


@pytest.mark.parametrize("where", ["open", "send", "close"])
def test_a_failing_tracker_is_reported_in_one_line(where, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(FakeTracker, "fails_in", where)
    write_rows(tmp_path, "0,0,0.1,2\n")
    mirrored(tmp_path)
    *_, line = capsys.readouterr().out.splitlines()
    assert line == "Fake is left out from here on: No space left on device."


def test_a_tracker_that_hangs_is_not_waited_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(log_mirror, "_PATIENCE", 0.01)
    forever = threading.Event()
    monkeypatch.setattr(FakeTracker, "open", lambda *args: f"{forever.wait(30)}")
    mirrored(tmp_path)
    assert "Fake: no answer for 0 s; the run ends without it.\n" in capsys.readouterr().out
    forever.set()
    for thread in threading.enumerate():
        if thread.name == "trackers":
            thread.join(30)


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", '{"identity": "a", "ids": 3}'),
        json.dumps({"identity": "a", "ids": {"mlflow": "../../etc"}}),
        json.dumps({"identity": "a", "ids": {"mlflow": 3}}),
    ],
)
def test_ids_that_kbert_did_not_write_are_left_alone(text, tmp_path):
    (tmp_path / "trackers.json").write_text(text)
    mirrored(tmp_path)
    assert list(FakeTracker.runs) == ["0" * 16]


def test_without_a_tracker_nothing_happens(tmp_path):
    before = threading.active_count()
    mirror = LogMirror([])
    mirror.start(TrackedRun(tmp_path, "run", {}))
    assert threading.active_count() == before
    mirror.finish("finished")
