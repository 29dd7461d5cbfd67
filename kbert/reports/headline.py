"""The result of a run beside what it has to beat."""

from dataclasses import dataclass, replace

from kbert.findings import Text, worded
from kbert.reports.run_report import RunReport
from kbert.results.bootstrap import Interval
from kbert.results.scores import score_name


@dataclass(frozen=True)
class Compared:
    """A score of one model.

    Args:
        name: str. The model.
        score: float.
        interval: Interval or None. Where the score lies in 95% of samples of the rows.
        rows: int. The rows that it was scored on.
    """

    name: str
    score: float
    interval: Interval | None
    rows: int


@dataclass(frozen=True)
class Headline:
    """The result of a run beside what it has to beat.

    Args:
        score: str. The name of the score, such as "accuracy".
        set: str. The set that was scored.
        when: str. When the best evaluation was, such as "epoch 2".
        models: tuple of Compared. The run's model first.
    """

    score: str
    set: str
    when: Text
    models: tuple[Compared, ...]


def headline(report: RunReport) -> Headline | None:
    """Return the result; None where nothing was evaluated."""
    scores, score = report.scores, report.score
    if scores is None:
        return None
    own = Compared(worded("this model"), getattr(scores, score), _interval(report), scores.rows)
    if report.folds:
        own = replace(own, name=worded("the model that was not trained on the row"))
        folds = (
            Compared(
                worded("fold {number}", number=n),
                getattr(record.first, score),
                None,
                record.first.rows,
            )
            for n, record in enumerate(report.folds, start=1)
        )
        when = worded("out of {folds} folds", folds=len(report.folds))
        return Headline(score_name(score), worded("all rows"), when, (own, *folds))
    best = report.history.best
    assert best is not None
    models = [own]
    frequencies = report.record.get("unigram_loss")
    if report.is_pretraining and score == "loss" and isinstance(frequencies, float):
        models.append(
            Compared(worded("the frequencies of the tokens"), frequencies, None, scores.rows)
        )
    for one in () if report.baselines is None else report.baselines.found:
        models.append(Compared(one.shown_name, one.score(score), None, one.evaluation.rows))
    name = score_name(score)
    if report.is_pretraining:
        name = worded("masked {score}", score=name)
    return Headline(name, next(iter(best.scores)), best.when, tuple(models))


def _interval(report: RunReport) -> Interval | None:
    """Return the interval of the score by which the run is judged."""
    return None if report.sampled_scores is None else Interval.of(report.sampled_scores)
