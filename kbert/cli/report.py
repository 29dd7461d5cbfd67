"""`kbert report`."""

from pathlib import Path

from kbert.cli.app import verb
from kbert.cli.options import Output
from kbert.utils.say import say


@verb("report")
def report(run: Path, *, output: Output | None = None) -> None:
    """Write what a run has learned as a page: its result, curves, mistakes and doubtful labels.

    The page is one file, which can be opened, sent and archived without anything else.

    Parameters
    ----------
    run
        Run directory.
    output
        File to write; by default report.html in the run.
    """
    from kbert.runs.report_of_run import write_report

    say(f"Wrote {write_report(run, output)}.")
