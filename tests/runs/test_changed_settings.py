import pytest

from kbert.errors import InputError
from kbert.runs.changed_settings import PLAN_FIELDS, check_changes, check_scaled
from kbert.runs.run_directory import RunDirectory


def test_what_a_resumed_run_can_change(tmp_path):
    run = RunDirectory(tmp_path)
    check_changes(run, [*PLAN_FIELDS, "checkpoint_steps", "backend"])
    for name in ("seed", "recipe", "data"):
        with pytest.raises(InputError, match=f"cannot change `{name}`; it can change epochs, ba"):
            check_changes(run, ["epochs", name])


def test_what_epochs_can_be_scaled_with():
    check_scaled({"batch_size": 4})
    with pytest.raises(InputError, match="computes the epochs: leave out `epochs`"):
        check_scaled({"batch_size": 4, "epochs": 2})
    for changes in ({}, {"backend": "torch"}):
        with pytest.raises(InputError, match="used only with a changed plan, such as another `b"):
            check_scaled(changes)
