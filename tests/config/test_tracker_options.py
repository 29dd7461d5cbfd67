import pytest

from kbert.config import TrackerOptions
from kbert.errors import InputError


@pytest.mark.parametrize(
    ("report_to", "names"),
    [
        *((None, ()), ("none", ()), (" None ", ()), ("wandb", ("wandb",))),
        ("mlflow, tensorboard,mlflow", ("mlflow", "tensorboard")),
    ],
)
def test_names_are_separated_by_commas(report_to, names):
    assert TrackerOptions(report_to=report_to).trackers == names


@pytest.mark.parametrize("report_to", ["", "tensorbord", "wandb,", "wandb,none", "os:system"])
def test_invalid_trackers_are_refused(report_to):
    with pytest.raises(InputError, match="must be names from tensorboard, wandb, mlflow"):
        TrackerOptions(report_to=report_to)
