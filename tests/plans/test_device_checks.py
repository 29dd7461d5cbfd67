"""The number of devices to train on, and device settings that no plan can have."""

import pytest

from kbert import InputError, TrainConfig
from kbert.plans.device_checks import check_devices
from kbert.plans.plan_options import PlanOptions


@pytest.mark.parametrize(
    ("asked", "there_are", "devices"),
    [(None, 8, 1), (1, 1, 1), (4, 8, 4), (8, 8, 8), ("all", 8, 8)],
)
def test_the_devices_to_train_on(asked, there_are, devices):
    assert check_devices(asked, there_are) == devices


@pytest.mark.parametrize(("there_are", "found"), [(1, "1 device"), (4, "4 devices")])
def test_more_devices_than_found_are_refused_with_the_count(there_are, found):
    with pytest.raises(InputError) as refusal:
        check_devices(8, there_are)
    assert str(refusal.value) == (
        f"8 devices are requested, here or by the run being resumed. Found: {found}. "
        f"Cure: devices={there_are}"
    )
    assert check_devices(**refusal_cure(refusal), there_are=there_are) == there_are


def refusal_cure(refusal):
    return {"asked": refusal.value.cure.settings["devices"]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"devices": 0}, "`devices` must be a whole number, 1 or more. Received: 0"),
        ({"devices": True}, "`devices` must be a whole number or all. Received: True"),
        ({"devices": "some"}, "`devices` must be a whole number or all. Received: 'some'"),
        ({"batch_size_per_device": 0}, "`batch_size_per_device` must be a whole number, 1 or"),
        (
            {"batch_size": 64, "batch_size_per_device": 8, "devices": 8},
            "batch_size=64 is the number of rows on all devices together, and "
            "batch_size_per_device=8 that on each device: leave out one of the two.",
        ),
        ({"batch_size": "auto", "batch_size_per_device": 8}, "leave out one of the two"),
        (
            {"batch_size": "auto", "devices": 8},
            'batch_size="auto" tries batches on one device only: with devices=8, give the number '
            "of rows. Cure: batch_size=32",
        ),
        ({"batch_size": "auto", "devices": "all", "update_size": 48}, "Cure: batch_size=48"),
        (
            {"batch_size_per_device": 4, "devices": 8, "update_size": 48},
            "a multiple of the 32 rows of a batch. Received: 48",
        ),
    ],
    ids=str,
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(InputError) as refusal:
        TrainConfig("a.csv", **settings)
    assert message in str(refusal.value)


def test_auto_batches_work_with_one_device():
    assert PlanOptions(batch_size="auto", devices=1).plan(320).batch_size == 32
