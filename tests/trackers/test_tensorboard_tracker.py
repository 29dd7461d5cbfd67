import pytest
from event_files import read_events, scalars, texts

from kbert.errors import MachineError
from kbert.trackers.tensorboard_tracker import TensorBoardTracker
from kbert.trackers.tracked_run import TrackedEnd, TrackedRun

pytest.importorskip("tensorboardX")


def track(folder, steps, status="finished"):
    tracker = TensorBoardTracker()
    tracker.check()
    place = tracker.open(TrackedRun(folder, "run", {"data": "评论.csv", "allow": ("a",)}), None)
    tracker.send(steps)
    tracker.close(TrackedEnd(status, {"best/dev/loss": 0.5}, ("no-warmup",)), len(steps))
    return place


def test_the_file_holds_steps_settings_and_findings(tmp_path):
    place = track(tmp_path, [(0, {"train/loss": 2.0}), (1, {"train/loss": 1.0, "dev/loss": 0.5})])
    assert place == str(tmp_path / "tensorboard")
    events = read_events(tmp_path / "tensorboard")
    assert events[0].file_version == "brain.Event:2"
    assert (events[1].session_log.status, events[1].step) == (1, 0)  # START: drop what was read
    assert scalars(events) == {
        "train/loss": [(0, 2.0), (1, 1.0)],
        "dev/loss": [(1, 0.5)],
        "best/dev/loss": [(2, 0.5)],
    }
    found = texts(events)
    assert found["settings/text_summary"] == '    data = "评论.csv"\n    allow = ["a"]'
    assert found["findings/text_summary"] == "no-warmup"
    assert found["status/text_summary"] == "finished"


def test_a_resumed_run_has_one_file_with_all_steps(tmp_path):
    track(tmp_path, [(n, {"train/loss": 1.0}) for n in range(5)], "stopped")
    (tmp_path / "tensorboard" / "notes.txt").write_text("mine")
    track(tmp_path, [(n, {"train/loss": 1.0}) for n in range(3)])
    found = scalars(read_events(tmp_path / "tensorboard"))
    assert [step for step, _ in found["train/loss"]] == [0, 1, 2]
    assert (tmp_path / "tensorboard" / "notes.txt").read_text() == "mine"


def test_files_elsewhere_are_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "events.out.tfevents.1").write_text("of somebody else")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "tensorboard").symlink_to(elsewhere)
    with pytest.raises(MachineError, match="tensorboard is a link"):
        track(tmp_path / "run", [])
    assert (elsewhere / "events.out.tfevents.1").read_text() == "of somebody else"
