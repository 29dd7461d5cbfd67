"""A plan and its data as JSON: numbers by hand, and plain values only."""

import json

from kbert import Cure, Examples, Finding, TrainingPlan
from kbert.cli.plan_record import data_record, plan_record

FEW = Finding("too-few-updates", "warning", "Only 30.", Cure({"epochs": 40}))


def test_a_plan_has_its_counts_and_rates():
    plan = TrainingPlan(examples=90, batch_size=32, epochs=10, learning_rate=1e-3, devices=3)
    record = json.loads(json.dumps(plan_record(plan, [FEW])))
    assert (record["steps_per_epoch"], record["updates"], record["warmup_updates"]) == (3, 30, 3)
    assert (record["rows_per_device"], record["padding_rows"]) == (11, 1)
    assert max(p["learning_rate"] for p in record["key_points"].values()) == 1e-3
    assert [finding["code"] for finding in record["findings"]] == ["too-few-updates"]


def test_data_have_the_rows_of_each_set():
    sets = {"train": Examples(["a", "b", "c"]), "dev": Examples(["d"])}
    record = data_record(
        sets, [Finding("dev-small", "warning", "dev has 1 row.", Cure(note="add rows"))]
    )
    assert record["sets"] == {
        "train": {"rows": 3, "skipped": 0},
        "dev": {"rows": 1, "skipped": 0},
    }
    assert [finding["code"] for finding in record["data_findings"]] == ["dev-small"]
