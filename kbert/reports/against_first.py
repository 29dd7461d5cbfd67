"""How far a run's score is from that of the first run, and whether that may be chance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kbert.reports.run_report import RunReport
from kbert.results.bootstrap import Interval
from kbert.results.holm import holm
from kbert.results.paired import McNemar


@dataclass(frozen=True)
class AgainstFirst:
    """How far a run's score is from that of the first run, and whether that may be chance.

    The run that is named first is chosen before the scores are known, whereas the run with the best
    score would be best partly by chance.

    Args:
        difference: float. The run's score minus that of the first.
        interval: Interval or None. Where the difference lies in 95% of samples of the rows, the
            same rows for both; None where the predictions are not known.
        test: McNemar or None. The test of the first run against this one; None where a row is not
            right or wrong as a whole.
        p_holm: float or None. The p-value of `test`, corrected for the number of runs.
    """

    difference: float
    interval: Interval | None
    test: McNemar | None
    p_holm: float | None = None


def against_first(reports: Sequence[RunReport]) -> tuple[AgainstFirst | None, ...]:
    """Return how far each run is from the first; None for the first itself.

    Args:
        reports: sequence of RunReport, which were scored on the same rows in the same order.
    """
    first, *others = reports
    found = [_against(first, report) for report in others]
    tested = [one for one in found if one.test is not None]
    corrected = iter(holm([one.test.p for one in tested if one.test is not None]))
    return (
        None,
        *(one if one.test is None else replace(one, p_holm=next(corrected)) for one in found),
    )


def _against(first: RunReport, report: RunReport) -> AgainstFirst:
    values = [float(getattr(one.scores, report.score)) for one in (first, report)]
    ours, theirs = report.sampled_scores, first.sampled_scores
    interval = None
    if ours is not None and theirs is not None and ours.shape == theirs.shape:
        interval = Interval.of(ours - theirs)
    right, of_first = _right(report), _right(first)
    test = None
    if right is not None and of_first is not None and len(right) == len(of_first):
        test = McNemar.of(of_first, right)
    return AgainstFirst(values[1] - values[0], interval, test)


def _right(report: RunReport) -> np.ndarray | None:
    """Return which rows are right [rows]; None where rows are not of one class each."""
    table = report.predictions
    ids = None if table is None else report.target.class_ids(table.true)
    return None if ids is None or table is None else np.asarray(table.predicted == ids)
