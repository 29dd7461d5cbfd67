import pytest

from kbert.config import TrainConfig
from kbert.findings import Cure

FEW_SHOT = Cure({"recipe": "few-shot"}, note="which is for up to 64 rows of each class")


def few_updates(rows, **settings):
    """Return what a run of so many training rows is told about its updates, or None."""
    config = TrainConfig("a.csv", **settings)
    found = {one.code: one for one in config.findings(config.plan(rows))}
    return found.get("too-few-updates")


@pytest.mark.parametrize("rows", [60, 500])
def test_few_rows_are_told_of_their_recipe(rows):
    found = few_updates(rows)
    assert found.cure.otherwise == (FEW_SHOT,)
    assert found.cure.settings["epochs"] >= 3


@pytest.mark.parametrize(
    ("rows", "settings"),
    [
        (501, {}),
        (60, {"target": "regression"}),  # the recipe has a loss of classes
        (60, {"target": "multi", "label_separator": ","}),
        (9, {"recipe": "few-shot", "epochs": 2}),
    ],
)
def test_the_recipe_is_not_named_where_it_is_no_cure(rows, settings):
    assert few_updates(rows, **settings).cure.otherwise == ()


def test_the_recipe_does_not_warn_of_itself():
    assert TrainConfig("a.csv", recipe="few-shot").plan(16).num_updates == 25
    assert few_updates(16, recipe="few-shot") is None
    changed = few_updates(16, recipe="few-shot", epochs=20)  # which nobody has measured
    assert changed.severity == "warning"


def test_fast_warns_of_few_updates():
    assert few_updates(1000, recipe="fast").severity == "warning"
    assert few_updates(1600, recipe="fast") is None
