"""What a sweep prints about its trials, one by one and in a table."""

import statistics
from collections.abc import Sequence
from typing import Any

from kbert.display import table
from kbert.findings import Message, Option, worded
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.trial import Trial
from kbert.utils.say import say
from kbert.utils.wording import count_noun, duration


def setting_of(trial: Trial) -> str:
    """Return the values of a trial as the command line, or Python, writes settings."""
    from kbert.findings import words

    return words().settings(trial.setting) or worded("the settings as given")


def mean_and_deviation(scores: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean, and the sample standard deviation if there are two scores or more."""
    deviation = statistics.stdev(scores) if len(scores) > 1 else None
    return statistics.fmean(scores), deviation


def tell_trial(trial: Trial, sweep: Sweep) -> None:
    """Print how a trial has ended."""
    place = {"number": trial.number + 1, "of": sweep.trials, "setting": setting_of(trial)}
    state = trial.state
    if state == "failed":
        say(
            worded(
                "Setting {number} of {of}, {setting}, has failed: {reason}",
                **place,
                reason=trial.end["reason"],
            )
        )
        return
    if state == "pruned":
        say(
            worded(
                "Setting {number} of {of}, {setting}: given up, {reason}",
                **place,
                reason=trial.end["reason"],
            )
        )
        return
    scores = list(trial.scores().values())
    mean, deviation = mean_and_deviation(scores)
    say(
        worded(
            "Setting {number} of {of}, {setting}: {mean} ({seeds}), {time}",
            **place,
            mean=f"{mean:.4f}" + ("" if deviation is None else f" ± {deviation:.4f}"),
            seeds=count_noun(len(scores), "seed"),
            time=duration(trial.seconds),
        )
    )


def trials_table(trials: Sequence[Trial], sweep: Sweep, score: str) -> str:
    """Return all trials in a table, the best mean first."""
    header = [
        *(str(Option(name)) for name in sweep.axes),
        score,
        worded("deviation"),
        worded("seeds"),
        worded("minutes"),
        "",
    ]
    states: dict[str, Any] = {
        "failed": Message("failed"),
        "pruned": Message("given up"),
        "open": Message("not all trained"),
        "complete": "",
    }
    rows: list[list[str]] = [header]
    for trial in ranked(trials, sweep):
        scores = list(trial.scores().values())
        mean, deviation = mean_and_deviation(scores) if scores else (None, None)
        rows.append(
            [
                *(
                    f"{trial.setting[name]:.6g}"
                    if isinstance(trial.setting[name], float)
                    else str(trial.setting[name])
                    for name in sweep.axes
                ),
                "-" if mean is None else f"{mean:.4f}",
                "-" if deviation is None else f"{deviation:.4f}",
                str(len(scores)),
                f"{trial.seconds / 60:.1f}",
                str(states[trial.state]),
            ]
        )
    return table(rows, left=(len(header) - 1,))


def ranked(trials: Sequence[Trial], sweep: Sweep) -> list[Trial]:
    """Return the trials with all seeds, the best mean first, then the others by their numbers."""
    complete = [trial for trial in trials if trial.state == "complete"]

    def mean(trial: Trial) -> float:
        value = statistics.fmean(trial.scores().values())
        return value if sweep.minimizes else -value

    return [*sorted(complete, key=mean), *(t for t in trials if t.state != "complete")]
