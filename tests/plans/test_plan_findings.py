"""What is wrong with a plan, and that following a cure resolves the finding."""

from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kbert.errors import KbertError
from kbert.findings import Cure
from kbert.plans.enough_updates import FEW_UPDATES
from kbert.plans.rate_findings import max_warmup
from kbert.plans.training_plan import TrainingPlan

SOUND = TrainingPlan(examples=25_000, batch_size=32, epochs=3)


def found(plan):
    return {finding.code: finding for finding in plan.findings()}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"examples": 3668}, {}),
        (
            {"examples": 100, "batch_size": 64, "epochs": 1},
            {"too-few-updates": "error", "no-warmup": "warning"},
        ),
        ({"examples": 1000}, {"too-few-updates": "warning"}),
        (
            {"examples": 20, "batch_size": 32, "epochs": 100, "warmup_proportion": 0.01},
            {"batch-exceeds-data": "warning"},
        ),
        ({"examples": 9999, "warmup_proportion": 0.0}, {"no-warmup": "warning"}),
        ({"examples": 10_000, "warmup_proportion": 0.0}, {}),
        ({"examples": 10_000_000, "batch_size": 8}, {"warmup-too-long": "warning"}),
        ({"epochs": 11}, {"warmup-too-long": "warning"}),
        # 10 batches per epoch: 50 updates of warmup are five epochs, and no waste.
        ({"examples": 320, "epochs": 50}, {}),
        ({"examples": 320, "epochs": 52}, {"warmup-too-long": "warning"}),
        ({"warmup_proportion": 0.5}, {"warmup-too-long": "warning"}),
        (
            {"examples": 3668, "recipe": "google"},
            {"last-batch-dropped": "info", "rate-zero": "info"},
        ),
        (
            {"examples": 63, "recipe": "google", "epochs": 100, "warmup_proportion": 0.01},
            {"last-batch-dropped": "warning", "rate-zero": "info"},
        ),
        (
            # 100 updates are run of a schedule of int(63 / 32 * 100) = 196, 176 of them warmup.
            {"examples": 63, "recipe": "google", "epochs": 100, "warmup_proportion": 0.9},
            {"last-batch-dropped": "warning", "warmup-too-long": "error", "rate-zero": "info"},
        ),
        ({"examples": 32_000, "recipe": "google", "warmup_proportion": 0.0}, {}),
        ({"power": 3.0}, {"rate-tiny": "warning"}),
        ({"power": 3.0, "end_learning_rate": 1e-6}, {}),
        ({"learning_rate": 1e-6}, {}),
        ({"learning_rate": 9e-7}, {"unusual-rate": "warning"}),
        ({"learning_rate": 1e-3}, {}),
        ({"learning_rate": 2e-3}, {"unusual-rate": "warning"}),
        ({"learning_rate": 5.0}, {"unusual-rate": "error"}),
        ({"learning_rate": 1e-12}, {"unusual-rate": "error"}),
    ],
    ids=str,
)
def test_findings(changes, expected):
    findings = replace(SOUND, **changes).findings()
    assert {finding.code: finding.severity for finding in findings} == expected
    assert len(findings) == len(expected)


def test_the_numbers_of_the_messages():
    few = TrainingPlan(examples=100, batch_size=64, epochs=1)
    assert few.num_updates == -(-100 // 64) == 2
    assert "changes the weights 2 times;" in found(few)["too-few-updates"].message
    # Batches of 16 would take 15 epochs; of 8 there are 13 per epoch, and 8 * 13 > 100.
    assert found(few)["too-few-updates"].cure == Cure({"batch_size": 8, "epochs": 8})
    settings = {"batch_size": 8, "epochs": 8}  # the share of warmup is the usual one already
    assert found(few)["no-warmup"].cure == Cure(settings)
    without = replace(few, warmup_proportion=0.0)
    assert found(without)["no-warmup"].cure == Cure({**settings, "warmup_proportion": 0.1})
    cold = replace(SOUND, examples=9999, warmup_proportion=0.0)
    assert found(cold)["no-warmup"].cure == Cure({"warmup_proportion": 0.1})
    # An epoch has 16 whole batches of 4, and 6 * 16 < 100; with the incomplete one it has 17.
    for recipe, epochs in (("google", 7), ("recommended", 6)):
        rest = TrainingPlan(examples=65, batch_size=4, epochs=1, recipe=recipe)
        assert found(rest)["too-few-updates"].cure == Cure({"batch_size": 4, "epochs": epochs})
    once = TrainingPlan(examples=32, epochs=1)
    assert "changes the weights 1 time;" in found(once)["too-few-updates"].message
    dropped = found(TrainingPlan(examples=63, recipe="google"))["last-batch-dropped"].message
    assert f"leaves out 31 of 63 examples ({31 / 63:.1%})" in dropped
    # W is 3,750,000 / 10, more than 10,000, yet neither an epoch nor a third of the run.
    long = found(TrainingPlan(examples=10_000_000, batch_size=8))["warmup-too-long"]
    assert "375,000 of 3,750,000 updates, where at most 10,000 are reasonable" in long.message
    assert "BERT's own warmup (10,000)." in long.message
    # 0.00266..., rounded down.
    assert long.cure == Cure({"warmup_proportion": 0.0026})
    half = found(replace(SOUND, warmup_proportion=0.5))["warmup-too-long"].message
    assert "1,173 of 2,346 updates, where at most 782 are reasonable" in half
    assert "an epoch (782, but no less than 50), a third of the run (782) and" in half
    assert "is far above the" in found(replace(SOUND, learning_rate=2e-3))["unusual-rate"].message
    assert "is far below the" in found(replace(SOUND, learning_rate=1e-7))["unusual-rate"].message


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_the_share_of_tiny_rates(recipe):
    plan = replace(SOUND, power=3.0, recipe=recipe)
    rates = [float(plan.learning_rate_at(update)) for update in range(plan.num_updates)]
    share = sum(rate < 0.01 * plan.learning_rate for rate in rates) / len(rates)
    assert plan.share_below(0.01) == pytest.approx(share)
    assert found(plan)["rate-tiny"].message.startswith(f"{share:.0%} of the updates")


@pytest.mark.parametrize(
    ("plan", "most"),
    [
        (SOUND, 25_000 // 32 + 1),
        (replace(SOUND, gradient_accumulation_steps=4), 782 // 4),
        (replace(SOUND, epochs=2), 2 * 782 // 3),
        (replace(SOUND, examples=10_000_000, batch_size=8), 10_000),
        (TrainingPlan(examples=32 * 49, epochs=30), 50),
        (TrainingPlan(examples=32 * 51, epochs=30), 51),
        (TrainingPlan(examples=32 * 100, epochs=30, gradient_accumulation_steps=4), 50),
        (TrainingPlan(examples=32, epochs=200), 50),
        (TrainingPlan(examples=32, epochs=200, gradient_accumulation_steps=8), 25 // 3),
    ],
    ids=[
        *("an epoch", "of updates", "a third", "10,000"),
        *("50", "51", "50 of updates", "50 of one batch", "a third of 25"),
    ],
)
def test_the_max_warmup(plan, most):
    assert max_warmup(plan) == most


@st.composite
def plans(draw, **fixed):
    numbers = {
        "examples": st.integers(1, 3000),
        "batch_size": st.integers(1, 300),
        "epochs": st.integers(1, 100),
        "gradient_accumulation_steps": st.integers(1, 8),
        "warmup_proportion": st.floats(0, 0.99),
        "recipe": st.sampled_from(["recommended", "google"]),
    }
    values = {name: draw(values) for name, values in numbers.items() if name not in fixed}
    try:
        return TrainingPlan(**values, **fixed)
    except KbertError:
        assume(False)


def followed(plan, finding):
    """The plan with the settings that a finding's cure names."""
    return replace(plan, **finding.cure.settings)


@given(plans(epochs=1) | plans())
@example(TrainingPlan(examples=65, batch_size=4, epochs=1, recipe="google"))
@settings(deadline=None, max_examples=300)
def test_the_cure_of_too_few_updates_cures_it(plan):
    finding = found(plan).get("too-few-updates")
    assert (finding is not None) == (plan.num_updates < FEW_UPDATES)
    if finding is not None:
        cured = followed(plan, finding)
        assert cured.num_updates >= FEW_UPDATES
        assert "too-few-updates" not in found(cured)


@given(plans(warmup_proportion=0.0) | plans(epochs=1) | plans())
@settings(deadline=None, max_examples=300)
def test_the_cure_of_no_warmup_cures_it(plan):
    finding = found(plan).get("no-warmup")
    assert (finding is not None) == (plan.warmup_updates == 0)
    if finding is not None:
        share = finding.cure.settings.get("warmup_proportion", plan.warmup_proportion)
        assert share >= 0.1
        cured = followed(plan, finding)
        assert cured.warmup_updates > 0
        assert "no-warmup" not in found(cured)


@given(plans())
@example(  # a schedule of 50 updates, 25 of which are run
    TrainingPlan(
        examples=69,
        batch_size=35,
        epochs=51,
        gradient_accumulation_steps=2,
        warmup_proportion=0.5,
        recipe="google",
    )
)
@settings(deadline=None, max_examples=300)
def test_the_cure_of_a_long_warmup_cures_it(plan):
    finding = found(plan).get("warmup-too-long")
    if finding is not None:
        assert plan.warmup_updates > max_warmup(plan)
        cured = followed(plan, finding)
        assert cured.warmup_updates < plan.warmup_updates
        assert "warmup-too-long" not in found(cured)


@given(st.integers(1, 60), st.integers(61, 200))
def test_the_cure_of_a_batch_that_exceeds_the_data_cures_it(examples, batch_size):
    plan = TrainingPlan(examples=examples, batch_size=batch_size)
    cured = followed(plan, found(plan)["batch-exceeds-data"])
    assert "batch-exceeds-data" not in found(cured)


@given(plans(recipe="google"))
@settings(deadline=None)
def test_the_cures_of_the_google_recipe_cure_it(plan):
    for code in ("last-batch-dropped", "rate-zero"):
        finding = found(plan).get(code)
        if finding is not None:
            assert code not in found(followed(plan, finding))


@given(plans(), st.sampled_from([1.0, 1.5, 2.0, 3.0]), st.sampled_from([0.0, 1e-9]))
@example(SOUND, 3.0, 0.0)
@example(TrainingPlan(examples=320, batch_size=32, epochs=1, recipe="google"), 1.0, 0.0)
@example(TrainingPlan(examples=320, batch_size=32, epochs=1, recipe="google"), 3.0, 0.0)
@settings(deadline=None)
def test_the_cures_of_tiny_rates_cure_them(plan, power, end):
    plan = replace(plan, power=power, end_learning_rate=end)
    finding = found(plan).get("rate-tiny")
    if finding is not None:
        for cure in (finding.cure, *finding.cure.otherwise):
            assert "rate-tiny" not in found(replace(plan, **cure.settings))


@pytest.mark.parametrize("rate", [1e-7, 2e-3])
def test_the_cure_of_an_unusual_rate_cures_it(rate):
    plan = replace(SOUND, learning_rate=rate)
    assert found(followed(plan, found(plan)["unusual-rate"])) == {}
