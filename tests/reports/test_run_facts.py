"""What a run was made from."""

from reports.hand_made import report_of

from kbert.reports.run_facts import RunFacts, differing, told

SETTINGS = """
data = "films.csv"
output = "runs/a"
backend = "torch"
seed = 3
epochs = 2
report = false
keep_checkpoints = 1
baseline = "none"
"""
SET = {"source": "films.csv", "rows": 40, "skipped": 0, "sha256": "0123456789abcdef"}
RECORD = {"backend": "torch", "versions": {"kbert": "0.1.0"}, "data": {"train": SET}}


def test_the_facts_of_a_run():
    found = RunFacts.of(report_of(settings=SETTINGS, record=RECORD))
    assert found.parts == {
        "settings": {"seed": 3, "epochs": 2},
        "data": {
            "train.rows": 40,
            "train.sha256": "0123456789abcdef",
            "train.source": "films.csv",
        },
        "versions": {"backend": "torch", "kbert": "0.1.0"},
    }
    assert (found.seed, found.place) == (3, "films.csv")
    assert RunFacts.of(report_of(settings="", record={})).seed is None


def test_differing_keeps_only_what_differs():
    ours = {"settings": {"a": 1, "b": 2}, "data": {"train.sha256": "x", "train.source": "f"}}
    theirs = {"settings": {"a": 1, "c": 3}, "data": {"train.sha256": "x", "train.source": "g"}}
    assert differing([ours, theirs]) == {"settings": {"b": (2, None), "c": (None, 3)}, "data": {}}
    theirs["data"]["train.sha256"] = "y"
    assert differing([ours, theirs])["data"] == {
        "train.sha256": ("x", "y"),
        "train.source": ("f", "g"),
    }


def test_facts_are_formatted_for_display():
    assert told("train.sha256", "0123456789abcdef") == "0123456789ab"
    assert (told("epochs", 2), told("dev", None)) == ("2", "-")
