"""Shows what a run_classifier.py command would do."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from kbert.choices import Task
from kbert.cli.app import exit_status
from kbert.cli.google_equivalent import GoogleEquivalent
from kbert.cli.show import show, show_json
from kbert.data.reading.examples import Examples
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.reading.tasks import read_task
from kbert.errors import InputError, KbertError
from kbert.findings import Cure, findings_table, speaking, worded
from kbert.plans.google_command import GoogleCommand
from kbert.plans.google_flags import read_google_flags
from kbert.plans.google_words import GoogleWords


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
    values = read_google_flags(flags)
    rows = _rows(data, values, reading) if examples is None else None
    label_ids = None if rows is None else rows.class_ids
    if rows is not None:
        examples = len(rows)
    if examples is None:
        raise InputError(
            "Name the training file, or how many rows it has.", cure=Cure({"examples": "N"})
        )
    command = GoogleCommand.from_flags(flags, examples, global_step)
    findings = command.findings(label_ids)
    instead = GoogleEquivalent.from_flags(command, values, data, reading.file_settings())
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
            "instead": str(instead.train),
            "before": [str(call) for call in instead.before],
            "notes": list(instead.notes),
        }
        show_json(record)
        return exit_status(findings)
    show(command)
    if rows is None:
        show(worded("  name the file to see whether shuffle(buffer_size=100) mixes the rows"))
    if findings:
        with speaking(GoogleWords()):
            show(findings_table(findings))
    for call in instead.before:
        show(f"First: {call}")
    show(worded("Equivalent kbert command: {train}", train=instead.train))
    for note in instead.notes:
        show(f"  ({note})")
    for reason in _why_refused(command):
        show(worded("  (kbert would refuse it: {reason})", reason=reason))
    if command.epochs != command.whole_epochs:
        show(
            worded(
                "  (kbert trains whole epochs: {epochs:g} become {whole_epochs}, and N = "
                "{updates:,})",
                epochs=command.epochs,
                whole_epochs=command.whole_epochs,
                updates=command.examples * command.whole_epochs // command.batch_size,
            )
        )
    return exit_status(findings)


def _rows(data: str | None, values: Mapping[str, Any], reading: ReadingOptions) -> Examples | None:
    """Return the rows of the file, or of the flags' task, in order; None if there is neither."""
    if data is not None:
        return reading.read(data)
    task, folder = str(values.get("task_name", "")).lower(), values.get("data_dir")
    known = next((name for name in get_args(Task) if name == task), None)
    if known is None or folder is None or not Path(folder).is_dir():
        return None
    return read_task(known, folder, "train")


def _why_refused(command: GoogleCommand) -> list[str]:
    """Return what is wrong with a plan that has the command's settings."""
    try:
        findings = command.kbert_plan().findings()
    except KbertError as error:
        return [str(error)]
    return [f"{f.message} Cure: {f.cure}" for f in findings if f.severity == "error"]
