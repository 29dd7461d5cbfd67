import pytest

from kbert.errors import InputError
from kbert.runs.changed_settings import (
    PLAN_FIELDS,
    changed_settings,
    check_changes,
    check_scaled,
)
from kbert.runs.run_directory import RunDirectory


def test_what_a_resumed_run_can_change(tmp_path):
    run = RunDirectory(tmp_path)
    check_changes(run, [*PLAN_FIELDS, "checkpoint_steps", "backend"])
    for name in ("seed", "recipe", "data"):
        with pytest.raises(InputError, match=f"cannot change `{name}`; it can change epochs, ba"):
            check_changes(run, ["epochs", name])


def test_epochs_are_scaled_only_for_a_changed_plan():
    check_scaled({"batch_size": 4})
    with pytest.raises(InputError, match="computes the epochs: leave out `epochs`"):
        check_scaled({"batch_size": 4, "epochs": 2})
    for changes in ({}, {"backend": "torch"}):
        with pytest.raises(InputError, match="used only with a changed plan, such as another `b"):
            check_scaled(changes)


@pytest.mark.parametrize(
    ("changes", "batch", "each"),
    [
        ({"devices": 8}, 64, None),  # the total batch size stays
        ({"batch_size_per_device": 4, "devices": 8}, 32, 4),
        ({"batch_size": 16}, 16, None),
        ({"batch_size": 16, "batch_size_per_device": 4}, 16, 4),  # refused by TrainConfig
    ],
    ids=str,
)
def test_a_new_batch_size_replaces_the_old_one(changes, batch, each):
    settings = {"batch_size": 64, "gradient_accumulation_steps": 1}
    changed = changed_settings(settings, changes)
    assert (changed["batch_size"], changed.get("batch_size_per_device")) == (batch, each)
