"""Plans on several devices: their findings, and that following a cure resolves them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.errors import InputError
from kbert.plans.device_findings import device_findings, scaled_rate
from kbert.plans.plan_options import PlanOptions
from kbert.plans.training_plan import TrainingPlan

IMDB = 25_000


def severities(findings):
    return {finding.code: finding.severity for finding in findings}


@pytest.mark.parametrize(
    ("plan", "rows", "padding", "expected"),
    [
        ((IMDB, 32, 1), 32, 0, {}),
        ((IMDB, 64, 8), 8, 0, {}),
        ((IMDB, 32, 8), 4, 0, {"few-rows-per-device": "info"}),
        ((IMDB, 24, 8), 3, 0, {"few-rows-per-device": "warning"}),
        # 13 rows on each of 8 are 104, of which 4 are 3.8%; 7 on each are 56, of which 6 are 10.7%.
        ((IMDB, 100, 8), 13, 4, {"batch-uneven": "info"}),
        ((IMDB, 50, 8), 7, 6, {"batch-uneven": "warning", "few-rows-per-device": "info"}),
        ((IMDB, 4, 8), 1, 4, {"devices-idle": "warning"}),
        # A batch of 256 has only 90 rows: 12 on each, 6 of 96 padding.
        ((90, 256, 8), 12, 6, {"batch-uneven": "warning"}),
        ((5, 256, 8), 1, 3, {"devices-idle": "warning"}),
    ],
    ids=str,
)
def test_findings(plan, rows, padding, expected):
    examples, batch_size, devices = plan
    plan = TrainingPlan(examples=examples, batch_size=batch_size, devices=devices)
    assert (plan.rows_per_device, plan.padding_rows) == (rows, padding)
    assert severities(device_findings(plan)) == expected
    alone = replace(plan, devices=1)
    assert (alone.updates, alone.batches) == (plan.updates, plan.batches)
    assert plan.findings()[: len(alone.findings())] == alone.findings()


def test_the_messages():
    plan = TrainingPlan(examples=IMDB, batch_size=50, devices=8)
    uneven, few = device_findings(plan)
    assert str(uneven) == (
        "WARNING batch-uneven: A batch of 50 rows does not divide evenly among 8 devices: it is "
        "filled up with 6 rows of weight 0, 10.7% of what is computed. Cure: batch_size=48, or "
        "devices=5"
    )
    # Of 50 rows on at most 50 / 8 devices: 10 on each of 5.
    assert str(few).endswith("may go into that. Cure: devices=5, which trains the same")
    (idle,) = device_findings(replace(plan, batch_size=4))
    assert "A batch of 4 rows leaves 4 of 8 devices without any" in str(idle)


def per_device(each, devices, **changes):
    return PlanOptions(batch_size_per_device=each, devices=devices, **changes)


def times_devices(options, examples=IMDB):
    found = options.findings(options.plan(examples))
    return next((one for one in found if one.code == "batch-times-devices"), None)


def test_a_batch_per_device_divides_the_updates():
    """782 batches of 32 and 98 of 256, three times; a tenth is warmup; 5e-5 * sqrt(8)."""
    finding = times_devices(per_device(32, 8))
    assert str(finding) == (
        "WARNING batch-times-devices: 32 rows on each of 8 devices make batches of 256: 294 "
        "updates, 29 of them warmup, where one device makes 2,346, 234 of them warmup. The rate "
        "5e-05 stays; by the square-root rule for Adam it would be 0.00014. Cure: "
        "batch_size_per_device=4, or epochs=24, for as many updates as on one device"
    )
    assert scaled_rate(2e-5, 64) == 1.6e-4
    assert scaled_rate(2e-5, 1) == 2e-5


@pytest.mark.parametrize(
    ("options", "examples", "severity"),
    [
        (per_device(32, 1), IMDB, None),
        (per_device(4, 8), IMDB, None),  # batches of 32, as usual
        (PlanOptions(batch_size=256, devices=8), IMDB, None),  # the batch size was given
        (per_device(4, 8, gradient_accumulation_steps=2), 2000, "warning"),
        (per_device(4, 8, update_size=64), 2000, None),  # the update size was given
        (per_device(32, 8), 100_000, "info"),  # 1,173 updates
        (per_device(32, 64), 100_000, "warning"),  # 147 updates
    ],
    ids=str,
)
def test_when_batch_times_devices_is_found(options, examples, severity):
    finding = times_devices(options, examples)
    assert (finding and finding.severity) == severity


@given(
    examples=st.integers(1, 5000),
    batch=st.integers(1, 300),
    devices=st.integers(1, 80),
    epochs=st.integers(1, 30),
    recipe=st.sampled_from(["recommended", "google"]),
)
@settings(deadline=None, max_examples=200)
def test_devices_change_no_update_and_their_cures_work(examples, batch, devices, epochs, recipe):
    values = {"examples": examples, "batch_size": batch, "epochs": epochs, "recipe": recipe}
    try:
        alone = TrainingPlan(**values)
    except InputError:
        return
    plan = replace(alone, devices=devices)
    assert (plan.updates, plan.warmup_updates, plan.batches) == (
        *(alone.updates, alone.warmup_updates),
        alone.batches,
    )
    whole = plan.rows_per_device * devices
    assert whole - plan.padding_rows == min(batch, examples)
    assert 0 <= plan.padding_rows < devices
    for finding in device_findings(plan):
        for cure in (finding.cure, *finding.cure.otherwise):
            cured = replace(plan, **cure.settings)
            assert finding.code not in severities(device_findings(cured))


@given(
    each=st.integers(1, 100),
    devices=st.integers(1, 80),
    steps=st.integers(1, 3),
    examples=st.integers(300, 50_000),
)
@settings(deadline=None, max_examples=200)
def test_cures_in_rows_per_device_work(each, devices, steps, examples):
    options = per_device(each, devices, gradient_accumulation_steps=steps, epochs=10)
    try:
        plan = options.plan(examples)
    except InputError:
        return
    assert plan.batch_size == each * devices
    assert plan.rows_per_device == -(-min(each * devices, examples) // devices)
    for finding in options.findings(plan):
        if finding.severity == "info":
            continue
        for cure in (finding.cure, *finding.cure.otherwise):
            followed = replace(options, **cure.settings)
            again = followed.findings(followed.plan(examples))
            assert finding.code not in severities(f for f in again if f.severity != "info")


@pytest.mark.parametrize(
    ("options", "size", "steps"),
    [
        (per_device(4, 8), 32, 1),
        (per_device(4, None), 4, 1),
        (per_device(4, 8, update_size=64), 32, 2),
        (PlanOptions(devices=8), 32, 1),
    ],
)
def test_the_batch_of_all_devices(options, size, steps):
    plan = options.plan(1000)
    assert (plan.batch_size, plan.gradient_accumulation_steps) == (size, steps)
    assert plan.devices == (options.devices or 1)
    assert options.rows_per_update == size * steps
    assert options.in_batches_of(size).plan(1000) == plan


def test_all_devices_are_counted_on_the_training_machine():
    options = per_device(4, "all")
    with pytest.raises(
        InputError, match=r'devices="all" means is known only on the machine .* Cure: dev'
    ):
        options.plan(1000)
    known = options.on_devices(8)
    assert [str(finding) for finding in options.findings(known.plan(1000))] == [
        str(finding) for finding in per_device(4, 8).findings(per_device(4, 8).plan(1000))
    ]
    known = options.on_devices(16)
    assert (known.devices, known.batch_size, known.batch_size_per_device) == (16, 64, None)
    assert PlanOptions().on_devices(1) == PlanOptions()


def test_cure_of_an_unfilled_batch_is_in_rows_per_device():
    options = per_device(32, 64, recipe="google")
    with pytest.raises(InputError, match=r"of 2,048.*Cure: batch_size_per_device=15, or less"):
        options.plan(1000)
    assert replace(options, batch_size_per_device=15).plan(1000).updates == 3
