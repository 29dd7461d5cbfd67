"""Shows what a run_classifier.py command would do."""

from dataclasses import asdict

from kbert.cli.app import exit_status
from kbert.cli.show import show, show_json
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError, KbertError
from kbert.findings import Call, Cure, findings_table, speaking
from kbert.plans.google_command import GoogleCommand
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
    label_ids = None
    if data is not None:
        label_ids = reading.read(data).label_ids
        assert label_ids is not None
        examples = len(label_ids)
    if examples is None:
        raise InputError(
            "Name the training file, or how many rows it has.", cure=Cure({"examples": "N"})
        )
    command = GoogleCommand.from_flags(flags, examples, global_step)
    findings = command.findings(label_ids)
    settings = {**reading.reading_settings(), **command.kbert_settings()}
    instead = Call("train", data or "FILE", **settings)
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
            "instead": str(instead),
        }
        show_json(record)
        return exit_status(findings)
    show(command)
    if label_ids is None:
        show("  whether shuffle(buffer_size=100) mixes the rows: name the file to see")
    if findings:
        with speaking(GoogleWords()):
            show(findings_table(findings))
    show(f"Equivalent kbert command: {instead}")
    for reason in _why_refused(command):
        show(f"  (kbert would refuse it: {reason})")
    if command.epochs != command.whole_epochs:
        show(f"  (kbert trains whole epochs: {command.epochs:g} become {command.whole_epochs})")
    return exit_status(findings)


def _why_refused(command: GoogleCommand) -> list[str]:
    """Return what is wrong with a plan that has the command's settings."""
    try:
        findings = command.kbert_plan().findings()
    except KbertError as error:
        return [str(error)]
    return [f"{f.message} Cure: {f.cure}" for f in findings if f.severity == "error"]
