import pytest

from kbert import InputError, TrainConfig
from kbert.plans.plan_options import PlanOptions


def test_rows_per_update_become_batches_per_update():
    plan = PlanOptions(batch_size=8, update_size=32, epochs=4).plan(examples=320)
    assert (plan.batch_size, plan.gradient_accumulation_steps, plan.updates) == (8, 4, 40)


@pytest.mark.parametrize(
    ("settings", "rows"),
    [
        ({}, 32),
        ({"batch_size": 16, "gradient_accumulation_steps": 3}, 48),
        ({"batch_size": 16, "update_size": 64}, 64),
        ({"batch_size": "auto"}, 32),
        ({"batch_size": "auto", "update_size": 48}, 48),
    ],
)
def test_rows_per_update_do_not_depend_on_the_batch_size(settings, rows):
    options = PlanOptions(**settings)
    assert options.rows_per_update == rows
    divided = options.in_batches_of(8)
    assert (divided.batch_size, divided.gradient_accumulation_steps) == (8, rows // 8)
    assert divided.update_size is None
    assert divided.rows_per_update == rows


def test_auto_batch_size_plans_one_batch_per_update():
    plan = TrainConfig("a.csv", batch_size="auto", update_size=48).plan(examples=480)
    assert (plan.batch_size, plan.gradient_accumulation_steps) == (48, 1)
    assert plan.updates == TrainConfig("a.csv", batch_size=48).plan(examples=480).updates


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"batch_size": 32}, {"batch_size", "epochs"}),
        ({"batch_size": 16, "update_size": 32}, {"batch_size", "update_size", "epochs"}),
        ({"batch_size": "auto"}, {"update_size", "epochs"}),
        ({"batch_size": "auto", "update_size": 64}, {"update_size", "epochs"}),
    ],
)
def test_cures_are_in_terms_of_the_given_settings(settings, names):
    options = PlanOptions(**settings, epochs=1)
    by_code = {finding.code: finding for finding in options.findings(options.plan(examples=80))}
    cure = by_code["too-few-updates"].cure.settings
    assert set(cure) == names
    assert PlanOptions(**{**settings, **cure}).plan(examples=80).num_updates >= 100


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": "all"}, "must be a whole number or auto. Received: 'all'"),
        ({"batch_size": 0}, "`batch_size` must be a whole number, 1 or more"),
        ({"update_size": 0}, "`update_size` must be a whole number, 1 or more"),
        (
            {"batch_size": 12, "update_size": 32},
            "a multiple of the 12 rows of a batch. Received: 32. Cure: update_size=36, or "
            'batch_size="auto"',
        ),
        ({"batch_size": 64, "update_size": 32}, "Cure: update_size=64"),
        (
            {"batch_size": "auto", "gradient_accumulation_steps": 2},
            "follows from `update_size` and `batch_size`, but was given too. Cure: "
            "gradient_accumulation_steps=1",
        ),
        ({"update_size": 64, "gradient_accumulation_steps": 2}, "but was given too"),
    ],
)
def test_impossible_batch_and_update_sizes_are_refused(settings, message):
    with pytest.raises(InputError) as caught:
        TrainConfig("a.csv", **settings)
    assert message in str(caught.value)
