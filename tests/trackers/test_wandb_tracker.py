import json
import struct

import pytest

from kbert.errors import InputError
from kbert.trackers.tracked_run import TrackedEnd, TrackedRun
from kbert.trackers.wandb_tracker import WandbTracker

pytest.importorskip("wandb")
pytestmark = pytest.mark.filterwarnings("default")  # of W&B and what it imports

BLOCK = 2**15


def read_records(file):
    """Return the records of a run's file, which is a LevelDB log after a header."""
    from wandb.proto.wandb_internal_pb2 import Record

    data, place, parts, records = file.read_bytes(), 7, b"", []
    while place + 7 <= len(data):
        left = BLOCK - place % BLOCK
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", data[place : place + 7])
        parts += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            records.append(Record.FromString(parts))
            parts = b""
    return records


def history(records):
    return [
        {
            "/".join(item.nested_key) or item.key: json.loads(item.value_json)
            for item in record.history.item
        }
        for record in records
        if record.WhichOneof("record_type") == "history"
    ]


def test_without_a_network_each_process_leaves_the_whole_run(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    known = None
    for steps in (2, 3):
        tracker = WandbTracker()
        tracker.check()
        tracker.open(TrackedRun(tmp_path, "run", {"epochs": 1}, group="folds"), known)
        tracker.send([(n, {"train/loss": 2.0 - n}) for n in range(steps)])
        tracker.close(TrackedEnd("finished", {"best/dev/loss": 0.5}, ("no-warmup",)), steps)
        known = known or tracker.id
        assert tracker.id == known
    last = max((tmp_path / "wandb").glob(f"offline-run-*-{known}/run-{known}.wandb"))
    records = read_records(last)
    assert [(row["_step"], row["train/loss"]) for row in history(records)] == [
        *((0, 2.0), (1, 1.0), (2, 0.0)),
    ]
    (run,) = [r.run for r in records if r.WhichOneof("record_type") == "run"][:1]
    assert (run.run_id, run.display_name, run.run_group) == (known, "run", "folds")


def test_without_a_key_a_run_is_refused(tmp_path, monkeypatch):
    import wandb

    monkeypatch.setattr(wandb, "login", lambda **arguments: False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    wandb.teardown()
    with pytest.raises(InputError, match="needs a key of yours") as refused:
        WandbTracker().check()
    assert "WANDB_MODE=offline" in str(refused.value)
