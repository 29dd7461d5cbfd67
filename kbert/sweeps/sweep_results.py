"""The results of a sweep: sweep.json, and what is printed."""

import json
from collections.abc import Sequence
from typing import Any

from kbert.display import table
from kbert.findings import Call, Option, worded
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.choice import Choice
from kbert.sweeps.study import SweepStudy
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.told_trials import mean_and_deviation, ranked, trials_table
from kbert.sweeps.trial import Trial, monitored
from kbert.utils.files import write_text
from kbert.utils.say import say

RESULTS = "sweep.json"


def write_results(
    run: RunDirectory,
    sweep: Sweep,
    trials: Sequence[Trial],
    study: SweepStudy,
    choice: Choice | None,
) -> None:
    """Write sweep.json: every trial with its scores, the choice, and the importance of settings."""
    values = {
        "monitor": _monitor(trials),
        "seeds": list(sweep.seeds),
        "trials": [_to_dict(trial) for trial in ranked(trials, sweep)],
        "choice": None if choice is None else _choice_to_dict(choice),
        "importance": study.importance(),
    }
    write_text(run.path / RESULTS, json.dumps(values, indent=2, ensure_ascii=False) + "\n")


def tell_results(
    run: RunDirectory,
    sweep: Sweep,
    trials: Sequence[Trial],
    study: SweepStudy,
    choice: Choice | None,
) -> None:
    """Print the trials (the best mean first), the importance of settings, and the choice."""
    if not trials:
        return
    say("\n" + trials_table(trials, sweep, _monitor(trials) or worded("mean")))
    importance = study.importance()
    if importance is not None:
        say(worded("\nShare of each setting in the differences between means (fANOVA):"))
        rows = [(str(Option(name)), f"{share:.0%}") for name, share in importance.items()]
        say(table(rows))
    elif len(sweep.axes) > 1:
        say(
            worded(
                "\nToo few settings were trained to tell which of {options} matter.",
                options=worded(", ").join(str(Option(name)) for name in sweep.axes),
            )
        )
    if choice is not None:
        say(f"\n{choice}")
        if not sweep.options.retrain:
            path = choice.best.run(choice.median_seed).path
            say(
                worded(
                    "The run with its median score: {call}",
                    call=Call("predict", path),
                )
            )


def _monitor(trials: Sequence[Trial]) -> str:
    runs = (trial.run(seed) for trial in trials for seed in trial.seeds)
    return next(filter(None, map(monitored, runs)), "")


def _to_dict(trial: Trial) -> dict[str, Any]:
    scores = trial.scores()
    mean, deviation = mean_and_deviation(list(scores.values())) if scores else (None, None)
    return {
        "folder": trial.path.name,
        "setting": trial.setting,
        "state": trial.state,
        **({"reason": trial.end["reason"]} if trial.end else {}),
        "mean": mean,
        "deviation": deviation,
        "scores": scores,
        "seconds": round(trial.seconds, 1),
    }


def _choice_to_dict(choice: Choice) -> dict[str, Any]:
    return {
        "folder": choice.best.path.name,
        "next": None if choice.second is None else choice.second.path.name,
        "difference": choice.difference,
        "half_width_95": choice.half_width,
        "median_seed": choice.median_seed,
    }
