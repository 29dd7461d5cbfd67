"""What `fit` is about to do, compared with the plan."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kbert.errors import KbertError
from kbert.plans.fit_findings import fit_findings
from kbert.plans.fit_state import FitState
from kbert.plans.training_plan import TrainingPlan

PLAN = TrainingPlan(examples=3200, batch_size=32, epochs=3)  # 100 batches per epoch, 300 updates


def as_planned(plan):
    return FitState(
        epochs=plan.epochs,
        initial_epoch=0,
        steps=plan.steps_per_epoch,
        iterations=0,
        gradient_accumulation_steps=plan.gradient_accumulation_steps,
        rates=plan.learning_rate_at,
    )


FIT = as_planned(PLAN)


def constant(updates):
    return np.full(updates.shape, PLAN.learning_rate)


@pytest.mark.parametrize("steps", ["known", "unknown"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"examples": 3668, "recipe": "google"},
        {"examples": 3668, "gradient_accumulation_steps": 4},
        {"examples": 3668, "gradient_accumulation_steps": 4, "recipe": "google"},
        {"end_learning_rate": 1e-5},
        {"power": 3.0},
        {"examples": 1},
        {"examples": 1, "epochs": 1},
    ],
    ids=str,
)
def test_a_fit_as_planned_has_no_findings(changes, steps):
    plan = replace(PLAN, **changes)
    fit = as_planned(plan)
    assert fit_findings(plan, fit if steps == "known" else replace(fit, steps=None)) == []


@pytest.mark.parametrize(
    ("changes", "code", "severity", "held"),
    [
        (
            {"iterations": 300},
            "plan-ended",
            "error",
            "has performed 300 updates and the plan ends at 300:",
        ),
        (
            {"iterations": 12_345},
            "plan-ended",
            "error",
            "has performed 12,345 updates and the plan ends at 300:",
        ),
        (
            {"iterations": 100},
            "rate-zero",
            "error",
            "performed 100 updates and its schedule ends at 300: the learning rate is 0 in the "
            "last 100 of this fit's 300 updates.",
        ),
        (
            {"epochs": 6},
            "epochs-differ",
            "error",
            "runs 6 epochs but the plan has 3: the learning rate is 0 in the last 300 of "
            "this fit's 600 updates.",
        ),
        (
            # Update 199 has (300 - 199) / (300 - 30) of the peak.
            {"epochs": 2},
            "epochs-differ",
            "warning",
            f"the plan has 3: the run ends at a rate of {5e-5 * 101 / 270:.3g}, 37% of the peak",
        ),
        (
            {"epochs": 1},
            "epochs-differ",
            "warning",
            f"runs 1 epoch but the plan has 3: the run ends at a rate of {5e-5 * 201 / 270:.3g}",
        ),
        (
            {"steps": 130},
            "steps-differ",
            "error",
            "130 batches per epoch but the plan has 100: the learning rate is 0 in the last 90 of "
            "this fit's 390 updates.",
        ),
        (
            {"steps": 50},
            "steps-differ",
            "warning",
            f"50 batches per epoch but the plan has 100: the run ends at a rate of "
            f"{5e-5 * 151 / 270:.3g}, 56% of the peak",
        ),
        (
            {"initial_epoch": 2},
            "epochs-skipped",
            "warning",
            "starts after 2 epochs, which is 200 updates, but the optimizer has performed 0.",
        ),
        (
            # After the last update, the furthest from the plan, the plan's rate would be 0.
            {"rates": constant},
            "schedule-differs",
            "warning",
            f"At update 299 the optimizer's learning rate is 5e-05 but the plan's is "
            f"{5e-5 / 270:.3g}.",
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_findings(changes, code, severity, held):
    (finding,) = fit_findings(PLAN, replace(FIT, **changes))
    assert (finding.code, finding.severity) == (code, severity)
    assert held in finding.message


@pytest.mark.parametrize("gradient_accumulation_steps", [2, 4, 8])
def test_a_schedule_that_counts_batches(gradient_accumulation_steps):
    plan = replace(PLAN, gradient_accumulation_steps=gradient_accumulation_steps)
    made = 300 // gradient_accumulation_steps

    def rates(updates):
        return plan.learning_rate_at(updates * gradient_accumulation_steps)

    (finding,) = fit_findings(plan, replace(as_planned(plan), rates=rates))
    assert (finding.code, finding.severity) == ("micro-steps", "error")
    lost = made - -(-made // gradient_accumulation_steps)
    assert (
        f"so it ends {gradient_accumulation_steps} times too early: the learning rate is 0 in "
        f"the last {lost} of" in finding.message
    )
    assert f"(..., steps_per_update={gradient_accumulation_steps})" in str(finding.cure)


def test_an_optimizer_that_accumulates_unlike_the_plan():
    (finding,) = fit_findings(PLAN, replace(FIT, gradient_accumulation_steps=2))
    assert (finding.code, finding.severity) == ("decay-unfinished", "warning")
    # 150 updates are run, and the rate of the last is (300 - 149) / (300 - 30) of the peak.
    assert f"still {5e-5 * 151 / 270:.3g}, 56% of the peak" in finding.message


@pytest.mark.parametrize(
    ("batches", "gradient_accumulation_steps"),
    [(8, 2), (9, 2), (11, 2), (22, 4), (27, 4), (29, 4), (72, 8), (79, 8), (95, 8)],
)
def test_a_short_schedule_that_counts_batches_may_be_rounded(batches, gradient_accumulation_steps):
    plan = TrainingPlan(
        examples=batches * 32, epochs=1, gradient_accumulation_steps=gradient_accumulation_steps
    )

    def rates(updates):
        return plan.learning_rate_at(updates * gradient_accumulation_steps)

    assert rates(np.array(1)) > 0  # otherwise its end is unknown
    (finding,) = fit_findings(plan, replace(as_planned(plan), rates=rates))
    assert finding.code == "micro-steps"


@pytest.mark.parametrize("gradient_accumulation_steps", [2, 4, 8])
def test_epochs_multiplied_by_the_batches_per_update(gradient_accumulation_steps):
    # The schedule is the plan's own and counts updates: what differs is `fit`.
    plan = replace(PLAN, gradient_accumulation_steps=gradient_accumulation_steps)
    fit = replace(as_planned(plan), epochs=3 * gradient_accumulation_steps)
    (finding,) = fit_findings(plan, fit)
    assert (finding.code, finding.severity) == ("epochs-differ", "error")


@pytest.mark.parametrize(
    ("made", "counted"), [(1, "1 update"), (150, "150 updates"), (299, "299 updates")]
)
def test_a_schedule_of_another_plan_that_has_ended(made, counted):
    other = replace(PLAN, examples=32, epochs=made)
    fit = replace(FIT, iterations=made, rates=other.learning_rate_at)
    (finding,) = fit_findings(PLAN, fit)
    assert (finding.code, finding.severity) == ("plan-ended", "error")
    assert finding.message.startswith(
        f"The optimizer has performed {counted} and its schedule, which is not that of this plan "
        "of 300, has ended: every further update has learning rate 0"
    )


def test_no_end_is_reported_before_the_last_rate_above_zero():
    # Update 0 has the full rate, and all that follow have 0.
    other = TrainingPlan(examples=32, epochs=1)
    assert other.learning_rate_at(np.arange(3)).tolist() == [5e-5, 0, 0]
    (finding,) = fit_findings(PLAN, replace(FIT, rates=other.learning_rate_at))
    assert finding.severity == "error"
    assert "every further update has learning rate 0" not in finding.message
    assert "the last 299 of this fit's 300 updates" in finding.message


@pytest.mark.parametrize("recipe", ["recommended", "google"])
def test_a_run_of_one_update_is_not_refused(recipe):
    plan = TrainingPlan(examples=32, epochs=1, recipe=recipe)
    assert plan.num_updates == 1
    assert fit_findings(plan, as_planned(plan)) == []
    # Whatever the rate of the very first update.
    zero = replace(as_planned(plan), rates=lambda updates: np.zeros(updates.shape))
    assert [f for f in fit_findings(plan, zero) if f.severity == "error"] == []
    (ended,) = fit_findings(plan, replace(as_planned(plan), iterations=1))
    assert ended.code == "plan-ended"
    assert "has performed 1 update and the plan ends at 1:" in ended.message


def test_a_fit_that_starts_where_the_optimizer_is():
    assert fit_findings(PLAN, replace(FIT, initial_epoch=2, iterations=200)) == []


def test_skipped_epochs_are_reported_along_with_errors():
    findings = fit_findings(PLAN, replace(FIT, initial_epoch=1, iterations=250))
    codes = [(finding.code, finding.severity) for finding in findings]
    assert codes == [("rate-zero", "error"), ("epochs-skipped", "warning")]
    assert "the last 150 of this fit's 200 updates" in findings[0].message


@pytest.mark.parametrize("changes", [{"initial_epoch": 3}, {"initial_epoch": 5}, {"steps": 0}])
def test_a_fit_without_updates_is_not_judged(changes):
    assert fit_findings(PLAN, replace(FIT, **changes)) == []


@st.composite
def fits(draw):
    """A plan, and a fit whose schedule was made for that plan or another."""
    made = st.builds(
        dict,
        examples=st.integers(1, 60),
        batch_size=st.integers(1, 20),
        epochs=st.integers(1, 6),
        gradient_accumulation_steps=st.integers(1, 3),
        end_learning_rate=st.sampled_from([0.0, 0.0, 1e-6]),
        power=st.sampled_from([1.0, 3.0]),
        recipe=st.sampled_from(["recommended", "google"]),
    )
    try:
        plan = TrainingPlan(**draw(made))
        scheduled = draw(st.just(plan) | made.map(lambda values: TrainingPlan(**values)))
    except KbertError:
        assume(False)
    fit = FitState(
        epochs=draw(st.just(plan.epochs) | st.integers(1, 8)),
        initial_epoch=draw(st.sampled_from([0, 0, 1, 2])),
        steps=draw(st.sampled_from([None, plan.steps_per_epoch, 1, 7, 40])),
        iterations=draw(st.just(0) | st.integers(0, plan.updates + 5)),
        gradient_accumulation_steps=draw(
            st.just(plan.gradient_accumulation_steps) | st.integers(1, 4)
        ),
        rates=scheduled.learning_rate_at,
    )
    return plan, fit


@given(fits())
@settings(deadline=None, max_examples=400)
def test_a_fit_is_refused_if_and_only_if_it_ends_at_rate_zero(case):
    plan, fit = case
    steps = fit.steps or plan.steps_per_epoch
    made = max(fit.epochs - fit.initial_epoch, 0) * steps // fit.gradient_accumulation_steps
    # Update 0 alone may have rate 0, where Google's warmup begins.
    updates = range(max(fit.iterations, 1), fit.iterations + made)
    ends_at_zero = bool(updates) and fit.rates(np.array(updates[-1])) == 0
    errors = [finding for finding in fit_findings(plan, fit) if finding.severity == "error"]
    assert bool(errors) == ends_at_zero


@given(st.integers(0, 700), st.integers(1, 9), st.integers(1, 300))
@settings(deadline=None)
def test_the_updates_lost_are_counted(iterations, epochs, steps):
    fit = replace(FIT, iterations=iterations, epochs=epochs, steps=steps)
    updates = np.arange(iterations, iterations + epochs * steps)
    lost = int((fit.rates(updates) == 0).sum())
    errors = [finding for finding in fit_findings(PLAN, fit) if finding.severity == "error"]
    if 0 < lost < len(updates):
        assert f"the last {lost:,} of this fit's {len(updates):,} updates" in errors[0].message
    else:
        assert [finding.code for finding in errors] == ["plan-ended"] * bool(lost)
