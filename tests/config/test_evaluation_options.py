import pytest

from kbert import InputError
from kbert.config import EvaluationOptions


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"dev": "dev.csv"},
        {"dev": "dev.csv", "dev_proportion": 0},
        {"dev": "dev.csv", "patience": 2, "monitor": "mcc", "evaluate_every": 10},
        {"dev_proportion": 0, "test": "test.csv"},
    ],
)
def test_valid_settings_are_accepted(settings):
    EvaluationOptions(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dev_proportion": 1}, "`dev_proportion` must be from 0 to below 1"),
        ({"patience": 0}, "`patience` must be 1 or more"),
        ({"evaluate_every": 0}, "`evaluate_every` must be 1 or more"),
        ({"dev": "dev.csv", "dev_proportion": 0.2}, "leave out `dev_proportion`"),
        ({"dev_proportion": 0, "patience": 2}, "`patience` needs a dev set. Cure: dev="),
        ({"dev_proportion": 0, "monitor": "loss"}, "`monitor` needs a dev set"),
        ({"dev_proportion": 0, "evaluate_every": 5}, "`evaluate_every` needs a dev set"),
    ],
)
def test_invalid_settings_are_refused(settings, message):
    with pytest.raises(InputError) as caught:
        EvaluationOptions(**settings)
    assert message in str(caught.value)
