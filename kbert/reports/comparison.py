"""Several runs side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import inf, isnan
from typing import Any

from kbert.findings import Text, worded
from kbert.reports.against_first import AgainstFirst, against_first
from kbert.reports.curves import losses_chart, norms_chart, ratios_chart
from kbert.reports.headline import headline
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.rendering import render
from kbert.reports.run_facts import RunFacts, differing, told
from kbert.reports.run_report import RunReport
from kbert.reports.seed_groups import SeedGroup, seed_groups
from kbert.reports.svg import Svg
from kbert.results.bootstrap import Interval
from kbert.results.paired import told_p
from kbert.results.scores import Scores, is_better_lower, score_name


@dataclass(frozen=True)
class ComparedRun:
    """One run of a comparison.

    Args:
        name: str.
        path: str.
        when: str. When its best evaluation was.
        score: float. The score by which the runs are compared.
        interval: Interval or None. Where the score lies in 95% of samples of the rows.
        scores: Scores. All scores of its best evaluation.
        seconds: float or None. How long it trained.
        facts: RunFacts. Its settings, data and versions.
        against: AgainstFirst or None. How far it is from the first run; None for the first itself.
    """

    name: str
    path: str
    when: Text
    score: float
    interval: Interval | None
    scores: Scores
    seconds: float | None
    facts: RunFacts
    against: AgainstFirst | None

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data."""
        return {
            "run": self.path,
            "name": self.name,
            "seed": self.facts.seed,
            "best_at": self.when,
            "score": self.score,
            "interval": None if self.interval is None else asdict(self.interval),
            "against_first": None if self.against is None else asdict(self.against),
            "seconds": self.seconds,
            "scores": self.scores.to_dict(),
        }


@dataclass(frozen=True)
class Comparison:
    """Several runs side by side, on the same rows, each against the first.

    Args:
        monitor: str. The score by which they are compared, as `Scores` names it.
        set: str. The set that was scored.
        rows: int.
        runs: tuple of ComparedRun, in the order in which they were given.
        groups: tuple of SeedGroup. The settings over their seeds; () if no two runs differ only in
            the seed.
        reports: tuple of RunReport. What else is known about the runs.
    """

    monitor: str
    set: Text
    rows: int
    runs: tuple[ComparedRun, ...]
    groups: tuple[SeedGroup, ...]
    reports: tuple[RunReport, ...]

    @classmethod
    def of(cls, reports: Sequence[RunReport]) -> "Comparison":
        """Return the comparison of runs that were evaluated on the same rows.

        Args:
            reports: sequence of RunReport. Each has an evaluation by the same score, or each is of
                a cross-validation.
        """
        tests = against_first(reports)
        runs = tuple(_compared(*pair) for pair in zip(reports, tests, strict=True))
        result = headline(reports[0])
        assert result is not None
        return cls(
            monitor=reports[0].score,
            set=result.set,
            rows=result.models[0].rows,
            runs=runs,
            groups=seed_groups([(run.name, run.score) for run in runs], [r.facts for r in runs]),
            reports=tuple(reports),
        )

    @property
    def score(self) -> str:
        """The name of the score by which the runs are compared."""
        return score_name(self.monitor)

    @property
    def is_better_lower(self) -> bool:
        """Whether a lower score is better."""
        return is_better_lower(self.monitor)

    @property
    def best(self) -> ComparedRun:
        """The run with the best score."""
        sign = -1 if self.is_better_lower else 1
        return max(self.runs, key=lambda run: -inf if isnan(run.score) else sign * run.score)

    @property
    def is_of_folds(self) -> bool:
        """Whether the runs are cross-validations, scored on all rows."""
        return bool(self.reports[0].folds)

    @property
    def tests_rows(self) -> bool:
        """Whether rows are right or wrong, so that McNemar's test compares them."""
        return any(run.against is not None and run.against.test is not None for run in self.runs)

    @cached_property
    def differing(self) -> Mapping[str, Mapping[str, tuple[Any, ...]]]:
        """What is not the same in all runs: the value of each run, by part and name."""
        return differing([run.facts.parts for run in self.runs])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is missing for the rows of each run, and why."""
        pairs = [
            (run.name, note)
            for run, report in zip(self.runs, self.reports, strict=True)
            for note in ("" if self.is_of_folds else report.notes)
        ]
        return tuple(f"{name}: {note}" for name, note in pairs)

    @property
    def curves(self) -> tuple[Svg, ...]:
        """How the runs were trained."""
        return _curves(self.reports, self.monitor)

    def page(self) -> str:
        """Return the comparison as a page; see `render`."""
        title = ", ".join(run.name for run in self.runs)
        return render("comparison.html", title, comparison=self, told=told, told_p=told_p)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        return {
            "score": self.monitor,
            "lower_is_better": self.is_better_lower,
            "set": self.set,
            "rows": self.rows,
            "best": self.best.path,
            "runs": [run.to_dict() for run in self.runs],
            "over_seeds": [group.to_dict() for group in self.groups],
            "differing": self.differing,
            "notes": list(self.notes),
        }


def _compared(report: RunReport, against: AgainstFirst | None) -> ComparedRun:
    scores, result = report.scores, headline(report)
    assert scores is not None
    assert result is not None
    return ComparedRun(
        name=report.name,
        path=report.path,
        when=result.when,
        score=float(getattr(scores, report.score)),
        interval=result.models[0].interval,
        scores=scores,
        seconds=report.record.get("training_seconds"),
        facts=RunFacts.of(report),
        against=against,
    )


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
