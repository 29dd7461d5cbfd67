"""Shows a plan."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from kbert.backend.choose_backend import choose_backend
from kbert.cli.app import exit_status
from kbert.cli.plan_record import data_record, plan_record
from kbert.cli.preset_tokenizer import preset_tokenizer
from kbert.cli.show import show, show_json
from kbert.cli.show_devices import show_devices
from kbert.cli.terminal_curve import terminal_curve
from kbert.config import ModelOptions, TrainConfig
from kbert.data.reading.examples import Examples
from kbert.data.shards.location import is_store
from kbert.data.shards.stored_examples import StoredExamples
from kbert.errors import InputError, KbertError
from kbert.findings import (
    Call,
    Cure,
    Finding,
    Joined,
    Option,
    downgrade,
    findings_table,
    worded,
)
from kbert.interop.sources import find_source
from kbert.plans.training_plan import TrainingPlan
from kbert.runs.choose_head import with_head, with_pooling
from kbert.runs.judge_data import judge_data
from kbert.runs.prepare import prepare
from kbert.runs.read_sets import read_files, set_aside
from kbert.runs.recorded_split import RecordedSplit
from kbert.runs.told_techniques import told_techniques
from kbert.techniques.known_techniques import check_rows, techniques_of
from kbert.utils.say import verbose_level, verbosity

_COLUMNS = 64
_DEFAULTS = ModelOptions()


def show_plan(
    config: TrainConfig,
    examples: int | None,
    devices: Sequence[int] = (),
    *,
    time_it: bool,
    plot: Path | None,
    as_json: bool,
) -> int:
    """Print a plan, and return the exit status: 2 when there is an error in it.

    Several numbers of devices are all shown, in a table.
    """
    _check_rows(config.data, examples)
    _check_devices(devices, time_it=time_it, plot=plot)
    if len(devices) == 1:
        config = replace(config, devices=devices[0])
    if config.backend is not None:
        choose_backend(config.backend)  # refuses a backend that is not installed
    judged: list[Finding] = []
    sets: dict[str, Examples] = {}
    tell = (lambda line: None) if as_json else show
    if examples is None:
        sets, judged = _judge(config, as_json=as_json)
        examples = len(sets["train"])
    for one in sets.values():
        tell(str(one))
    if len(devices) > 1:
        return show_devices(config, devices, examples, sets, judged, as_json)
    plan = config.plan(examples)
    findings = downgrade(config.findings(plan), config.allow)
    record = plan_record(plan, findings)
    tell(config.describe(plan, findings))
    if config.batch_size == "auto":
        tell(
            worded(
                "The batch size is chosen when training begins: the largest that fits, for the "
                "same updates."
            )
        )
    whole = with_head(_with_known_pooling(config))
    record |= {
        "techniques": [technique.to_dict() for technique in techniques_of(whole)],
        "pooling": whole.pooling,
    }
    for line in told_techniques(whole):
        tell(f"  {line}")
    tell(_curve(plan))
    if plot is not None:
        from kbert.plots import plot_plan, save_plot

        save_plot(plot_plan(plan), plot)
        record["plot"] = str(plot)
        tell(worded("The curve is drawn in {plot}", plot=plot))
    if time_it:
        estimate = _time(config, [*findings, *judged])
        record["seconds"] = asdict(estimate)
        tell(worded("Time on this machine: {estimate}", estimate=estimate))
    if config.data:
        record |= data_record(sets, judged)
        warnings = [finding for finding in judged if finding.severity == "warning"]
        if warnings:
            tell(findings_table(warnings))
        tell(_pointer(config, judged))
    if as_json:
        show_json(record)
    return exit_status([*findings, *judged])


def _judge(config: TrainConfig, *, as_json: bool) -> tuple[dict[str, Examples], list[Finding]]:
    """Return the sets by name, "train" first, and what `kbert train` would find in the data."""
    whole, given = read_files(config)
    training, sets = set_aside(config, whole, given, RecordedSplit())
    every = {"train": training, **sets}
    check_rows(config, training.target, config.plan(len(training)).batch_size)
    if isinstance(whole, StoredExamples):
        with verbosity(0 if as_json else verbose_level()):  # the findings depend on the plan
            return every, judge_data(config, whole, training, sets, None)
    tokenizer, _ = preset_tokenizer(config.preset)
    if tokenizer is not None:
        tokenizer = tokenizer.with_truncation(config.long_text, config.cut_pair, config.windows)
    with verbosity(0):
        return every, judge_data(config, whole, training, sets, tokenizer)


def _with_known_pooling(config: TrainConfig) -> TrainConfig:
    """Return settings that specify what the head reads, if this is known without a download."""
    if config.pooling == "auto":
        with suppress(KbertError), verbosity(0):
            source = find_source(config.preset)
            if source.path is not None:
                return with_pooling(config, source)
    return config


def _pointer(config: TrainConfig, judged: list[Finding]) -> str:
    """Return the line that names the command which shows what is in the data."""
    if is_store(config.data):
        return worded(
            "What is in the data: {inspect}",
            inspect=Call("inspect", config.data, shuffle_window=config.shuffle_window),
        )
    settings = {}
    read = ("preset", "max_length", "long_text", "cut_pair", "stride", "max_windows")
    for name in ("task", "dev", *read):
        if getattr(config, name) != getattr(_DEFAULTS, name, None):
            settings[name] = getattr(config, name)
    inspect = Call("inspect", config.data, **settings, **config.file_settings())
    codes = dict.fromkeys(finding.code for finding in judged if finding.severity == "error")
    if codes:
        return worded(
            "ERROR: the data would stop a run ({codes}). See: {inspect}",
            codes=Joined(codes),
            inspect=inspect,
        )
    return worded("What is in the data: {inspect}", inspect=inspect)


def _check_rows(data: str, examples: int | None) -> None:
    """Raise InputError unless either a file or a number of rows is given."""
    if examples is None and not data:
        raise InputError(
            "Name the labelled file, or how many rows it has.", cure=Cure({"examples": "N"})
        )


def _check_devices(devices: Sequence[int], *, time_it: bool, plot: Path | None) -> None:
    """Raise InputError for what can be shown only for one plan, or only on one device."""
    if time_it and max(devices, default=1) > 1:
        raise InputError(
            "{time} times the steps of one device: leave out {devices}.",
            time=Option("time"),
            devices=Option("devices"),
        )
    if plot is not None and len(devices) > 1:
        raise InputError(
            "{plot} draws one plan: name one number of {devices}.",
            plot=Option("plot"),
            devices=Option("devices"),
        )


def _time(config: TrainConfig, found: list[Finding]) -> Any:
    from kbert.runs.time_steps import time_steps

    # The time depends neither on the weights, which a preset's folder may lack, nor on the errors
    # that would stop a run and have just been shown.
    errors = tuple({finding.code for finding in found if finding.severity == "error"})
    with verbosity(0):
        return time_steps(prepare(replace(config, weights="random", allow=errors)))


def _curve(plan: TrainingPlan) -> str:
    updates = np.linspace(0, plan.num_updates - 1, _COLUMNS).round().astype(np.int64)
    return terminal_curve(plan.learning_rate_at(updates))
