"""`kbert compare`."""

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from kbert.cli.app import verb
from kbert.cli.options import DATA, Switch, given, named, options, reading
from kbert.cli.show import show, show_json
from kbert.data.reading.reading_options import OF_LAYOUT, OF_SPLIT, ReadingOptions
from kbert.utils.say import say, verbose_level, verbosity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbert.data.reading.examples import Examples
    from kbert.findings import Finding
    from kbert.reports.comparison import Comparison


@options("backend", ReadingOptions, optional=OF_LAYOUT, without=OF_SPLIT)
class Settings:
    """What `kbert compare` takes."""


@verb("compare")
def compare(
    run: Path,
    *others: Path,
    on: Annotated[str | None, Parameter(group=DATA)] = None,
    batch_size: int = 32,
    json: Switch = False,
    settings: Annotated[Settings, Parameter(name="*")] = Settings(),  # noqa: B008
) -> None:
    """Compare runs: their scores, whether they differ by more than chance, and what differs.

    Each run is tested against the first, on the rows that all of them set aside: by samples of the
    rows, and by McNemar's test where a row is right or wrong. Runs that differ only in the seed are
    grouped, and two settings are compared seed by seed.

    Parameters
    ----------
    run
        Run directory: the run that the others are tested against.
    others
        Further runs, which were evaluated on the same rows, or will be with --on.
    on
        Labelled file to compare on, with the models as they are now: CSV, TSV, JSON, Parquet, Arrow
        or XLSX, or several as one set: 'data/*.csv'. By default the rows that the runs were
        evaluated on while they were trained, as they were predicted then. A file in the format of a
        run's own is read like it, unless an option says otherwise.
    batch_size
        Rows per batch.
    json
        Print JSON.
    """
    from kbert.cli.show_comparison import shown_comparison
    from kbert.runs.compare_runs import compare_runs

    runs = [run, *others]
    findings: list[Finding] = []
    if on is None:
        found = compare_runs(runs)
    else:
        found, findings = _compared_on(runs, on, batch_size, settings, json=json)
    if json:
        told = [finding.to_dict() for finding in findings]
        show_json({"on": on, **found.to_dict(), "findings": told})
    else:
        show(shown_comparison(found))


def _compared_on(
    runs: "Sequence[Path]", on: str, batch_size: int, settings: Settings, *, json: bool
) -> "tuple[Comparison, list[Finding]]":
    """Return the comparison of runs on the rows of a file, and findings about the rows."""
    from kbert.cli.labelled_rows import labelled_rows
    from kbert.runs.checked_runs import checked_runs
    from kbert.runs.compare_runs import compare_on
    from kbert.runs.trained_on import trained_on
    from kbert.utils.counts import check_count

    check_count("batch_size", batch_size)
    checked_runs(runs)
    data: list[Examples] = []
    for run in runs:
        with verbosity(0) if data else nullcontext():  # already said for the first run
            data.append(labelled_rows(run, on, reading(settings), named(settings)))
    pairs = zip(runs, data, strict=True) if verbose_level() or json else ()
    findings = [finding for pair in pairs if (finding := trained_on(*pair)) is not None]
    for finding in findings:
        say(str(finding), to="stderr")
    found = compare_on(runs, data, batch_size=batch_size, backend=given(settings).get("backend"))
    return found, findings
