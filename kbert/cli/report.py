"""`kbert report`."""

from pathlib import Path

from kbert.cli.app import verb
from kbert.cli.options import Output
from kbert.findings import worded
from kbert.utils.say import say

COMPARISON = Path("comparison.html")


@verb("report")
def report(run: Path, *others: Path, output: Output | None = None) -> None:
    """Write what a run has learned as a page: its result, curves, mistakes and doubtful labels.

    The page is one file, which can be opened, sent and archived without anything else. Several runs
    are compared on one page, with what differs in their settings, and whether their scores differ
    by more than chance.

    Parameters
    ----------
    run
        Run directory.
    others
        Further runs, which were evaluated on the same rows.
    output
        File to write, which must not exist yet; by default report.html in the run, or
        comparison.html here.
    """
    from kbert.runs.report_of_run import write_page, write_report

    if not others:
        say(worded("Wrote {path}.", path=write_report(run, output)))
        return
    from kbert.runs.compare_runs import compare_runs

    page = compare_runs([run, *others]).page()
    say(worded("Wrote {path}.", path=write_page(page, output or COMPARISON)))
