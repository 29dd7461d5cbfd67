"""`kbert plan`."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from kbert.cli.terminal_curve import terminal_curve
from kbert.cli.words import FlagWords
from kbert.config import TrainConfig
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError, KbertError
from kbert.findings import Call, Finding, findings_table, speaking
from kbert.plans.google_command import GoogleCommand
from kbert.plans.google_words import GoogleWords
from kbert.plans.training_plan import TrainingPlan
from kbert.runs.prepare import prepare, read_sets

_COLUMNS = 64


def show_plan(
    config: TrainConfig,
    examples: int | None,
    *,
    time_it: bool,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Print a plan, and return the exit status: 2 when there is an error in it."""
    if (examples is None) == (config.data == ""):
        both = "" if examples is None else ", not both"
        raise InputError(
            "Name the labelled file, or how many rows it has: --examples N{both}", both=both
        )
    if time_it and examples is not None:
        raise InputError("--time needs the labelled file in place of --examples.")
    rows = len(read_sets(config)[0]) if examples is None else examples
    plan = config.plan(rows)
    record: dict[str, Any] = {
        **asdict(plan),
        "steps_per_epoch": plan.steps_per_epoch,
        "updates": plan.updates,
        "warmup_updates": plan.warmup_updates,
        "key_points": {
            name: {"update": update, "learning_rate": float(plan.learning_rate_at(update))}
            for name, update in plan.key_points().items()
        },
        "share_under_a_tenth_of_the_peak": plan.share_below(0.1),
        "findings": [finding.to_dict() for finding in plan.findings()],
    }
    if not as_json:
        print(plan)
        print(_curve(plan))
    if plot is not None:
        from kbert.plots import plot_plan, save_plot

        save_plot(plot_plan(plan), plot)
        record["plot"] = str(plot)
        if not as_json:
            print(f"The curve is drawn in {plot}")
    if time_it:
        from kbert.runs.time_steps import time_steps

        silent = lambda line: None  # noqa: E731
        # The time does not hang on the weights, which a preset's folder may lack.
        estimate = time_steps(prepare(replace(config, weights="random"), silent), silent)
        record["seconds"] = asdict(estimate)
        if not as_json:
            print(f"Time on this machine: {estimate}")
    if examples is None and not as_json:
        inspect = FlagWords().call(Call("inspect", config.data, **config.reading_settings()))
        print(f"What is in the data: {inspect}")
    if as_json:
        print(json.dumps(record, indent=2))
    return _status(plan.findings())


def show_google_plan(
    flags: str,
    data: str | None,
    examples: int | None,
    global_step: int,
    reading: ReadingOptions,
    *,
    as_json: bool,
) -> int:
    """Print what a run_classifier.py command would do, and return the exit status."""
    label_ids = None
    if data is not None:
        label_ids = reading.read(data).label_ids
        assert label_ids is not None
        examples = len(label_ids)
    if examples is None:
        raise InputError("Name the training file, or how many rows it has: --examples N")
    command = GoogleCommand.from_flags(flags, examples, global_step)
    findings = command.findings(label_ids)
    settings = {**reading.reading_settings(), **command.kbert_settings()}
    instead = FlagWords().call(Call("train", data or "FILE", **settings))
    if as_json:
        with speaking(GoogleWords()):
            found = [finding.to_dict() for finding in findings]
        record = {
            **asdict(command),
            "updates": command.updates,
            "warmup_updates": command.warmup_updates,
            "learning_rate_now": float(command.learning_rate_at(global_step)),
            "remaining": command.remaining,
            "findings": found,
            "instead": instead,
        }
        print(json.dumps(record, indent=2))
        return _status(findings)
    print(command)
    if label_ids is None:
        print("  whether shuffle(buffer_size=100) mixes the rows: name the file to see")
    if findings:
        with speaking(GoogleWords()):
            print(findings_table(findings))
    print(f"Equivalent kbert command: {instead}")
    for reason in _why_refused(command):
        print(f"  (kbert would refuse it: {reason})")
    if command.epochs != command.whole_epochs:
        print(f"  (kbert trains whole epochs: {command.epochs:g} become {command.whole_epochs})")
    return _status(findings)


def _why_refused(command: GoogleCommand) -> list[str]:
    """Return what kbert would say against a plan with the command's settings."""
    try:
        findings = command.kbert_plan().findings()
    except KbertError as error:
        return [str(error)]
    return [f"{f.message} Cure: {f.cure}" for f in findings if f.severity == "error"]


def _curve(plan: TrainingPlan) -> str:
    updates = np.linspace(0, plan.num_updates - 1, _COLUMNS).round().astype(np.int64)
    return terminal_curve(plan.learning_rate_at(updates))


def _status(findings: list[Finding]) -> int:
    return 2 if any(finding.severity == "error" for finding in findings) else 0
