"""Several runs side by side."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kbert.findings import Text, worded
from kbert.reports.curves import losses_chart, norms_chart, ratios_chart
from kbert.reports.headline import headline
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.rendering import render
from kbert.reports.run_report import RunReport
from kbert.reports.svg import Svg
from kbert.results.bootstrap import Interval, bootstrap
from kbert.results.paired import McNemar
from kbert.results.scores import Scores, is_better_lower, score_name

_PLACES = ("output", "data", "dev", "test", "parent")  # settings that name files, not a method


@dataclass(frozen=True)
class ComparedRun:
    """A run beside the best of several.

    Args:
        name: str.
        when: str. When its best evaluation was.
        score: float. The score by which the runs are compared.
        interval: Interval or None. Where it lies in 95% of samples of the rows.
        scores: Scores. All scores of its best evaluation.
        seconds: float or None. How long it trained.
        less: Interval or None. How much lower it is than the best run, in 95% of samples of the
            rows, the same for both; None of the best run, and where rows are not of one class.
        test: McNemar or None. The best run is the first.
    """

    name: str
    when: Text
    score: float
    interval: Interval | None
    scores: Scores
    seconds: float | None
    less: Interval | None
    test: McNemar | None


@dataclass(frozen=True)
class Comparison:
    """Several runs side by side, on the same rows.

    Args:
        score: str. The name of the score by which they are compared.
        set: str. The set that was scored.
        rows: int.
        runs: tuple of ComparedRun, the best first.
        differing: dict of values by run, for each setting or version that is not the same in all.
        names: tuple of str. The runs in the order in which they were given.
        curves: tuple of Svg.
        is_of_folds: bool. Whether the runs are cross-validations, scored on all rows.
    """

    score: str
    set: str
    rows: int
    runs: tuple[ComparedRun, ...]
    differing: Mapping[str, tuple[str, ...]]
    names: tuple[str, ...]
    curves: tuple[Svg, ...]
    is_of_folds: bool

    @classmethod
    def of(cls, reports: Sequence[RunReport]) -> "Comparison":
        """Return the comparison of runs that were evaluated on the same rows.

        Args:
            reports: sequence of RunReport, of which each has an evaluation by the same score; or
                each of a cross-validation.
        """
        score = reports[0].score
        sign = 1 if is_better_lower(score) else -1
        ordered = sorted(reports, key=lambda report: sign * _best_score(report, score))
        best = headline(ordered[0])
        assert best is not None
        return cls(
            score=score_name(score),
            set=best.set,
            rows=best.models[0].rows,
            runs=tuple(_compared(report, ordered[0], score) for report in ordered),
            differing=_differing(reports),
            names=tuple(report.name for report in reports),
            curves=_curves(reports, score),
            is_of_folds=bool(ordered[0].folds),
        )

    def page(self) -> str:
        """Return the comparison as a page; see `render`."""
        return render("comparison.html", ", ".join(self.names), comparison=self)


def _best_score(report: RunReport, score: str) -> float:
    return float(getattr(report.scores, score))


def _compared(report: RunReport, first: RunReport, score: str) -> ComparedRun:
    scores, result = report.scores, headline(report)
    assert scores is not None
    assert result is not None
    less = test = None
    ours, theirs = report.predictions, first.predictions
    if ours is not None and theirs is not None and ours.is_of_classes and report is not first:
        right, of_best = ours.predicted == ours.true, theirs.predicted == theirs.true
        test = McNemar.of(of_best, right)
        difference = of_best.astype(float) - right
        less = bootstrap(lambda at: float(difference[at].mean()), len(difference))
    return ComparedRun(
        name=report.name,
        when=result.when,
        score=_best_score(report, score),
        interval=result.models[0].interval,
        scores=scores,
        seconds=report.record.get("training_seconds"),
        less=less,
        test=test,
    )


def _differing(reports: Sequence[RunReport]) -> dict[str, tuple[str, ...]]:
    tables: list[dict[str, Any]] = []
    for report in reports:
        settings = tomllib.loads(report.settings)
        table = {name: value for name, value in settings.items() if name not in _PLACES}
        data = report.record.get("data", {}).get("train", {})
        table |= {
            worded("training rows"): data.get("rows"),
            worded("training data"): data.get("sha256", "")[:12],
        }
        versions = report.record.get("versions", {})
        tables.append(
            table
            | {worded("version of {name}", name=name): value for name, value in versions.items()}
        )
    names = dict.fromkeys(name for table in tables for name in table)
    found = {name: tuple(str(table.get(name, "")) for table in tables) for name in names}
    return {name: values for name, values in found.items() if len(set(values)) > 1}


def _curves(reports: Sequence[RunReport], score: str) -> tuple[Svg, ...]:
    scores = [
        Line(
            report.name,
            [record.update for record in report.history.records],
            [getattr(record.first, score) for record in report.history.records],
        )
        for report in reports
        if report.history.records  # a cross-validation has those of its folds
    ]
    name = score_name(score)
    drawings = []
    if scores:
        title = worded("{name} by update", name=name)
        drawings.append(line_chart(scores, title=title, x_label=worded("update"), y_label=name))
    logs = {report.name: report.log for report in reports}
    drawn = (losses_chart(logs), norms_chart(logs), ratios_chart(logs))
    drawings += [drawing for drawing in drawn if drawing is not None]
    return tuple(drawings)
