"""Shows a plan for several numbers of devices, before any device is paid for."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kbert.cli.app import exit_status
from kbert.cli.plan_record import data_record, plan_record
from kbert.cli.show import show, show_json
from kbert.config import TrainConfig
from kbert.data.reading.examples import Examples
from kbert.display import table
from kbert.errors import InputError
from kbert.findings import Call, Cure, Finding, Message, Option, worded
from kbert.plans.device_findings import batch_growth, scaled_rate
from kbert.plans.plan_options import PlanOptions
from kbert.plans.training_plan import TrainingPlan
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun

_HEADER = (
    *(Message("devices"), Message("batch"), Message("on each"), Message("padding")),
    *(Message("updates"), Message("warmup"), Message("peak rate"), Message("by the rule")),
    Message("findings"),
)
_BATCH = ("batch_size", "batch_size_per_device", "devices")


@dataclass(frozen=True)
class DevicePlan:
    """A plan for a number of devices, with its batch in one of the two spellings.

    Args:
        devices: int.
        setting: str. "batch_size" or "batch_size_per_device": what stays the same on more devices.
        plan: TrainingPlan, or InputError, which says why there is none.
        findings: list of Finding. Defaults to none.
        rate_by_rule: float or None. The peak learning rate by the square-root rule.
    """

    devices: int
    setting: str
    plan: TrainingPlan | InputError
    findings: Sequence[Finding] = ()
    rate_by_rule: float | None = None


def read_devices(text: str | None) -> tuple[int, ...]:
    """Return the numbers of devices in a text such as "8" or "1,8,64"; none if there is no text."""
    if text is None:
        return ()
    if text.strip() == "all":
        PlanOptions(devices="all").plan(1)  # raises: a plan needs their number
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise InputError(
            "{option} must be a whole number, or several separated by commas. Received: {text!r}",
            option=Option("devices"),
            text=text,
            cure=Cure({"devices": "1,8,64"}, note="for example"),
        )
    for part in parts:
        check_count("devices", int(part))
    return tuple(dict.fromkeys(map(int, parts)))


def show_devices(
    config: TrainConfig,
    devices: Sequence[int],
    examples: int,
    sets: Mapping[str, Examples],
    judged: list[Finding],
    as_json: bool,
) -> int:
    """Print a table of plans, and return the exit status: 2 if the data would stop a run.

    Errors in a plan are shown, but do not affect the status as long as one plan has none.
    """
    rows = config.batch_size_per_device or config.batch_size
    if rows == "auto":
        replace(config, devices=max(*devices, 2))  # raises: "auto" is for one device
    plans = list(device_plans(config, devices, examples))
    if as_json:
        record: dict[str, Any] = {"examples": examples, "plans": [_record(one) for one in plans]}
        if config.data:
            record |= data_record(sets, judged)
        show_json(record)
    else:
        show(
            worded(
                "{examples}, {epochs}, peak rate {rate:g}: the same batch on more devices "
                "({same}), and the same number of rows on each ({each})",
                examples=count_noun(examples, "example"),
                epochs=count_noun(config.epochs, "epoch"),
                rate=config.learning_rate,
                same=Option("batch_size", rows),
                each=Option("batch_size_per_device", rows),
            )
        )
        for setting in ("batch_size", "batch_size_per_device"):
            show("\n" + worded("Given as {option}:", option=Option(setting, rows)))
            show(_table([one for one in plans if one.setting == setting]))
        _show_hints(config, plans, examples)
    works = any(
        isinstance(one.plan, TrainingPlan) and not exit_status(one.findings) for one in plans
    )
    return exit_status(judged) if works else 2


def device_plans(
    config: TrainConfig, devices: Sequence[int], examples: int
) -> Iterator[DevicePlan]:
    """Yield the plan for each number of devices, in both spellings of the batch.

    One keeps the same batch on more devices, the other the same number of rows on each.

    Args:
        config: TrainConfig. Its batch is that of one device.
        devices: sequence of int.
        examples: int. Rows of the training set.
    """
    rows = config.batch_size_per_device or config.batch_size
    spellings: dict[str, dict[str, Any]] = {
        "batch_size": {"batch_size": rows, "batch_size_per_device": None},
        "batch_size_per_device": {
            "batch_size": PlanOptions.batch_size,
            "batch_size_per_device": rows,
        },
    }
    for setting, batch in spellings.items():
        for count in devices:
            try:
                own = replace(config, devices=count, **batch)
                plan = own.plan(examples)
            except InputError as error:
                yield DevicePlan(count, setting, error)
                continue
            grows = setting == "batch_size_per_device" and config.update_size is None
            alone = replace(own, devices=1).plan(examples) if grows else plan
            by_rule = scaled_rate(plan.learning_rate, batch_growth(plan, alone))
            yield DevicePlan(count, setting, plan, own.findings(plan), by_rule)


def _table(plans: Sequence[DevicePlan]) -> str:
    rows: list[tuple[object, ...]] = [_HEADER]
    for one in plans:
        plan = one.plan
        if isinstance(plan, InputError):
            rows.append((f"{one.devices:,}", *[""] * (len(_HEADER) - 2), plan))
            continue
        rows.append(
            (
                f"{one.devices:,}",
                f"{plan.batch_size:,}",
                f"{plan.rows_per_device:,}",
                f"{plan.padding_rows:,}",
                f"{plan.updates:,}",
                f"{plan.warmup_updates:,}",
                f"{plan.learning_rate:g}",
                f"{one.rate_by_rule:g}",
                ", ".join(f.code for f in one.findings if f.severity != "info") or "-",
            )
        )
    return table(rows, left=(len(_HEADER) - 1,))


def _show_hints(config: TrainConfig, plans: Sequence[DevicePlan], examples: int) -> None:
    show(
        "\n"
        + worded(
            "By the rule: the peak rate times the square root of the batch's growth, as Adam needs "
            "it (arXiv 2205.10287); try it before a long run."
        )
    )
    last = next((one for one in reversed(plans) if one.findings), None)
    if last is None:
        return
    rows = config.batch_size_per_device or config.batch_size
    settings = {"devices": last.devices, last.setting: rows}
    for field in dataclasses.fields(PlanOptions):
        if field.name not in _BATCH and getattr(config, field.name) != field.default:
            settings[field.name] = getattr(config, field.name)
    of = {"data": config.data, **config.file_settings()} if config.data else {"examples": examples}
    call = Call("plan", **settings, **of)
    show(worded("What the findings mean, and their cures: {call}", call=call))


def _record(one: DevicePlan) -> dict[str, Any]:
    start = {"devices": one.devices, "setting": one.setting}
    if isinstance(one.plan, InputError):
        return {**start, "refused": str(one.plan)}
    return {
        **start,
        **plan_record(one.plan, one.findings),
        "learning_rate_by_rule": one.rate_by_rule,
    }
