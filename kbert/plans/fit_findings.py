"""What is wrong with what `model.fit` is about to do, compared with the plan."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kbert.findings import Cure, Finding, Text
from kbert.plans.fit_state import FitState
from kbert.plans.plan_findings import plan_ended
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.wording import count_noun

FRESH_CURE = Cure(
    code="callbacks=[kbert.FreshOptimizer(plan)]",
    note="which starts the plan from the beginning and keeps the weights",
)
CREATE_CURE = Cure(code="optimizer=kbert.create_optimizer(plan)")

_SAMPLES = 65  # updates whose rates are compared
_TOLERANCE = 0.01  # of the peak


def fit_findings(plan: TrainingPlan, fit: FitState) -> list[Finding]:
    """Return what is wrong with a `fit`; one without updates is not judged here."""
    steps = plan.steps_per_epoch if fit.steps is None else fit.steps
    if fit.updates(steps) == 0:
        return []
    first, end = fit.iterations, fit.iterations + fit.updates(steps)
    # The very first update may have rate 0: Google's warmup begins there.
    zero_from = _zero_tail(fit.rates, max(first, 1), end)
    if first == zero_from < end:
        return [plan_ended(first, plan.updates, FRESH_CURE)]
    judges = (_length(plan, fit, steps, zero_from), _skipped(fit, steps))
    findings = [finding for finding in judges if finding is not None]
    if not findings:
        updates = np.unique(np.linspace(first, end - 1, _SAMPLES).astype(np.int64))
        findings = _curve(plan, fit, updates)
    return findings


def unguarded_finding(fit: FitState) -> Finding | None:
    """Return the warning that updates of a `fit` without a plan have the learning rate 0, or None.

    Args:
        fit: FitState. The rates are those of a schedule.
    """
    first = fit.iterations
    # If Keras does not know how many steps there are, only the next update is examined.
    end = first + (1 if fit.steps is None else fit.updates(fit.steps))
    zero_from = _zero_tail(fit.rates, max(first, 1), end)
    if zero_from >= end:
        return None
    if first == zero_from:
        finding = plan_ended(first, _zero_tail(fit.rates, 1, first), FRESH_CURE)
    else:
        finding = _rate_zero(fit, {"lost": end - zero_from, "updates": end - first}, zero_from)
    return replace(finding, severity="warning")


def _zero_tail(rates: Callable[[np.ndarray], np.ndarray], first: int, end: int) -> int:
    """Return the first update from which on all rates up to `end` are 0; `end` if none is."""
    if first >= end or rates(np.array([end - 1]))[0] > 0:
        return end
    low, high = first - 1, end - 1  # rates(high) is 0; rates(low) is above 0 or before `first`
    while high - low > 1:
        middle = (low + high) // 2
        if rates(np.array([middle]))[0] > 0:
            low = middle
        else:
            high = middle
    return high


def _length(plan: TrainingPlan, fit: FitState, steps: int, zero_from: int) -> Finding | None:
    """Return what is wrong with the number of updates of a fit."""
    k, updates = fit.gradient_accumulation_steps, fit.updates(steps)
    lost = {"lost": fit.iterations + updates - zero_from, "updates": updates}
    if lost["lost"] and k > 1 and _is_k_times(zero_from, plan.updates, k):
        return Finding(
            "micro-steps",
            "error",
            "The schedule counts batches, {k} per update, as if each were an update, so it ends "
            "{k} times too early: the learning rate is 0 in the last {lost:,} of this fit's "
            "{updates:,} updates.",
            Cure(
                code=CREATE_CURE.code,
                otherwise=(Cure(code=f"WarmupPolynomialDecay(..., steps_per_update={k})"),),
            ),
            {"k": k, **lost},
        )
    if fit.epochs != plan.epochs or steps != plan.steps_per_epoch:
        return _other_size(plan, fit, steps, lost)
    return _rate_zero(fit, lost, zero_from) if lost["lost"] else None


def _rate_zero(fit: FitState, lost: dict[str, int], zero_from: int) -> Finding:
    """Return the finding that the last updates of a fit have the learning rate 0."""
    return Finding(
        "rate-zero",
        "error",
        "The optimizer has performed {done} and its schedule ends at {zero_from:,}: the "
        "learning rate is 0 in the last {lost:,} of this fit's {updates:,} updates.",
        FRESH_CURE if fit.iterations else CREATE_CURE,
        {"done": count_noun(fit.iterations, "update"), "zero_from": zero_from, **lost},
    )


def _is_k_times(part: int, whole: int, k: int) -> bool:
    """Whether `whole` is about k times `part`, which has been rounded."""
    return abs(part * k - whole) < max(k, 0.05 * whole)


_TOO_LONG = {
    "epochs-differ": "fit runs {fitted} but the plan has {planned:,}: the learning rate is 0 in "
    "the last {lost:,} of this fit's {updates:,} updates.",
    "steps-differ": "fit runs {fitted} per epoch but the plan has {planned:,}: the learning rate "
    "is 0 in the last {lost:,} of this fit's {updates:,} updates.",
}
_TOO_SHORT = {
    "epochs-differ": "fit runs {fitted} but the plan has {planned:,}: the run ends at a rate of "
    "{rate:.3g}, {share:.0%} of the peak.",
    "steps-differ": "fit runs {fitted} per epoch but the plan has {planned:,}: the run ends at a "
    "rate of {rate:.3g}, {share:.0%} of the peak.",
}


def _other_size(plan: TrainingPlan, fit: FitState, steps: int, lost: dict[str, int]) -> Finding:
    """Return the finding that fit is longer or shorter than the plan."""
    values: dict[str, float | Text]
    if fit.epochs != plan.epochs:
        code = "epochs-differ"
        values = {"fitted": count_noun(fit.epochs, "epoch"), "planned": plan.epochs}
        cure = Cure(
            code="fit(..., epochs=plan.epochs)",
            otherwise=(Cure(code=f"TrainingPlan(..., epochs={fit.epochs})"),),
        )
    else:
        code = "steps-differ"
        values = {
            "fitted": count_noun(steps, "batch", "batches"),
            "planned": plan.steps_per_epoch,
        }
        cure = Cure(
            code="fit(model.batches(train, plan), ...)",
            note="which has the plan's batch size and all its examples",
        )
    if lost["lost"]:
        return Finding(code, "error", _TOO_LONG[code], cure, {**values, **lost})
    last = fit.iterations + fit.updates(steps) - 1
    rate = float(fit.rates(np.array([last]))[0])
    values |= {"rate": rate, "share": rate / plan.learning_rate}
    return Finding(code, "warning", _TOO_SHORT[code], cure, values)


def _skipped(fit: FitState, steps: int) -> Finding | None:
    """Return the finding that fit starts at a later epoch than the optimizer has reached."""
    expected = fit.expected(steps)
    if not fit.initial_epoch or abs(fit.iterations - expected) <= 1:
        return None
    return Finding(
        "epochs-skipped",
        "warning",
        "fit starts after {epochs}, which is {expected}, but the optimizer has performed "
        "{iterations:,}.",
        Cure(
            code="fit(..., initial_epoch=0)",
            note="and after BackupAndRestore also model._initial_epoch = 0",
        ),
        {
            "epochs": count_noun(fit.initial_epoch, "epoch"),
            "expected": count_noun(expected, "update"),
            "iterations": fit.iterations,
        },
    )


def _curve(plan: TrainingPlan, fit: FitState, updates: np.ndarray) -> list[Finding]:
    """Return what is wrong with the rates of a fit that is as long as the plan."""
    rates = fit.rates(updates)
    planned = plan.learning_rate_at(updates)
    furthest = int(np.abs(rates - planned).argmax())
    if abs(rates[furthest] - planned[furthest]) > _TOLERANCE * plan.learning_rate:
        return [
            Finding(
                "schedule-differs",
                "warning",
                "At update {update:,} the optimizer's learning rate is {rate:.3g} but the plan's "
                "is {planned:.3g}.",
                CREATE_CURE,
                {
                    "update": int(updates[furthest]),
                    "rate": float(rates[furthest]),
                    "planned": float(planned[furthest]),
                },
            )
        ]
    if rates[-1] > 0.1 * plan.learning_rate > plan.end_learning_rate and len(updates) > 20:
        return [
            Finding(
                "decay-unfinished",
                "warning",
                "Training ends while the learning rate is still {rate:.3g}, {share:.0%} of the "
                "peak.",
                Cure(code="fit(..., epochs=plan.epochs)"),
                {"rate": float(rates[-1]), "share": float(rates[-1]) / plan.learning_rate},
            )
        ]
    return []
