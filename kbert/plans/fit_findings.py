"""What is wrong with what `model.fit` is about to do, compared with the plan."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kbert.findings import Cure, Finding
from kbert.plans.plan_findings import plan_ended
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.wording import count_noun

FRESH_CURE = Cure(
    code="callbacks=[kbert.FreshOptimizer(plan)]",
    note="which starts the plan from the beginning and keeps the weights",
)
CREATE_CURE = Cure(code="optimizer=kbert.create_optimizer(plan)")


@dataclass(frozen=True)
class FitState:
    """What `fit` was asked for and what the optimizer stands at.

    Args:
        epochs: int. The number of the last epoch, as given to `fit`.
        initial_epoch: int. The epochs that `fit` skips.
        steps: int or None. Batches an epoch; None where Keras does not know.
        iterations: int. Updates that the optimizer has made.
        gradient_accumulation_steps: int. Batches that the optimizer takes for an update.
        batches_done: int. Batches of the first epoch that have been made. Defaults to 0.
        rates: function of an int array of updates that returns their learning rates.
    """

    epochs: int
    initial_epoch: int
    steps: int | None
    iterations: int
    gradient_accumulation_steps: int
    rates: Callable[[np.ndarray], np.ndarray]
    batches_done: int = 0

    def batches(self, steps: int) -> int:
        """Return the batches of this `fit`, with so many an epoch."""
        return max((self.epochs - self.initial_epoch) * steps - self.batches_done, 0)


def fit_findings(plan: TrainingPlan, fit: FitState) -> list[Finding]:
    """Return what is wrong with a `fit`; no updates to make is not judged here."""
    steps = plan.steps_per_epoch if fit.steps is None else fit.steps
    updates = fit.batches(steps) // fit.gradient_accumulation_steps
    if updates == 0:
        return []
    first, end = fit.iterations, fit.iterations + updates
    findings = []
    # The very first update may have rate 0: Google's warmup begins there.
    zero_from = _zero_tail(fit.rates, max(first, 1), end)
    if first == zero_from < end:
        return [plan_ended(first, plan.updates, FRESH_CURE)]
    lost = end - zero_from
    have = "has" if lost == 1 else "have"
    zeros = f"the last {lost:,} of its {count_noun(updates, 'update')} {have} learning rate 0"
    if (
        lost
        and fit.gradient_accumulation_steps > 1
        and _is_k_times(zero_from, plan.updates, fit.gradient_accumulation_steps)
    ):
        findings.append(
            Finding(
                "micro-steps",
                "error",
                "The schedule counts batches, {gradient_accumulation_steps} to an update, as "
                "if each were an update, so it ends {gradient_accumulation_steps} times too "
                "early: {zeros}.",
                Cure(
                    note="{create_cure}, or steps_per_update={gradient_accumulation_steps} in "
                    "WarmupPolynomialDecay",
                    values={
                        "create_cure": CREATE_CURE,
                        "gradient_accumulation_steps": fit.gradient_accumulation_steps,
                    },
                ),
                {"gradient_accumulation_steps": fit.gradient_accumulation_steps, "zeros": zeros},
            )
        )
    elif fit.epochs != plan.epochs or steps != plan.steps_per_epoch:
        findings.append(_other_size(plan, fit, steps, lost, zeros))
    elif lost:
        findings.append(
            Finding(
                "rate-zero",
                "error",
                "The optimizer has made {updates} and its schedule ends at {zero_from:,}: {zeros}.",
                FRESH_CURE if first else CREATE_CURE,
                {"updates": count_noun(first, "update"), "zero_from": zero_from, "zeros": zeros},
            )
        )
    expected = (fit.initial_epoch * steps + fit.batches_done) // fit.gradient_accumulation_steps
    if fit.initial_epoch and abs(first - expected) > 1:
        findings.append(
            Finding(
                "epochs-skipped",
                "warning",
                "fit starts after epoch {initial_epoch}, which is {expected:,} updates, and "
                "the optimizer has made {first:,}.",
                Cure(
                    code="initial_epoch=0",
                    note="and model._initial_epoch = 0 after BackupAndRestore",
                ),
                {"initial_epoch": fit.initial_epoch, "expected": expected, "first": first},
            )
        )
    if not findings:
        findings += _curve(plan, fit, np.unique(np.linspace(first, end - 1, 65).astype(np.int64)))
    return findings


def _zero_tail(rates: Callable[[np.ndarray], np.ndarray], first: int, end: int) -> int:
    """Return the first update from which on all rates up to `end` are 0; `end` when none is."""
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


def _is_k_times(part: int, whole: int, k: int) -> bool:
    """Whether `whole` is about k times `part`, which has been rounded."""
    return abs(part * k - whole) < max(k, 0.05 * whole)


def _other_size(plan: TrainingPlan, fit: FitState, steps: int, lost: int, zeros: str) -> Finding:
    """Return the finding that fit is longer or shorter than the plan."""
    if fit.epochs != plan.epochs:
        code = "epochs-differ"
        facts = f"fit makes {count_noun(fit.epochs, 'epoch')} and the plan has {plan.epochs}"
        cure = Cure(code=f"epochs=plan.epochs in fit, or TrainingPlan(..., epochs={fit.epochs})")
    else:
        code = "steps-differ"
        facts = f"fit makes {steps:,} batches an epoch and the plan has {plan.steps_per_epoch:,}"
        cure = Cure(
            note="the plan's batch size and all its examples: fit(model.batches(train, plan), ...)"
        )
    if lost:
        return Finding(code, "error", "{facts}: {zeros}.", cure, {"facts": facts, "zeros": zeros})
    end = fit.iterations + fit.batches(steps) // fit.gradient_accumulation_steps
    rate = float(fit.rates(np.array([end - 1]))[0])
    left = f"the run ends at a rate of {rate:.3g}, {rate / plan.learning_rate:.0%} of the peak"
    return Finding(code, "warning", "{facts}: {left}.", cure, {"facts": facts, "left": left})


def _curve(plan: TrainingPlan, fit: FitState, updates: np.ndarray) -> list[Finding]:
    """Return what is wrong with the rates of a fit that is as long as the plan."""
    rates = fit.rates(updates)
    planned = plan.learning_rate_at(updates)
    furthest = int(np.abs(rates - planned).argmax())
    if abs(rates[furthest] - planned[furthest]) > 0.01 * plan.learning_rate:
        return [
            Finding(
                "schedule-differs",
                "warning",
                "At update {updates:,} the optimizer's rate is {rates:.3g} and the plan's "
                "{planned:.3g}.",
                CREATE_CURE,
                {
                    "updates": updates[furthest],
                    "rates": rates[furthest],
                    "planned": planned[furthest],
                },
            )
        ]
    if rates[-1] > 0.1 * plan.learning_rate > plan.end_learning_rate and len(updates) > 20:
        return [
            Finding(
                "decay-unfinished",
                "warning",
                "Training ends while the rate is still {rates:.3g}, {rates2:.0%} of the peak.",
                Cure(note="epochs=plan.epochs in fit"),
                {"rates": rates[-1], "rates2": rates[-1] / plan.learning_rate},
            )
        ]
    return []
