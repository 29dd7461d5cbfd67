"""Which setting a sweep chooses, and how certain the choice is."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from kbert.findings import worded
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.told_trials import ranked, setting_of
from kbert.sweeps.trial import Trial


@dataclass(frozen=True)
class Choice:
    """The setting with the best mean, compared seed by seed with the second best.

    Args:
        best: Trial.
        second: Trial or None. None if no other trial has all its seeds.
        difference: float or None. The mean of the differences of the two by seed, 0 or more.
        half_width: float or None. The half width of the 95% interval of the difference,
            `t(0.975, n - 1) * s / sqrt(n)` for the sample standard deviation `s` of `n`
            differences. None with fewer than two seeds.
    """

    best: Trial
    second: Trial | None = None
    difference: float | None = None
    half_width: float | None = None

    @classmethod
    def of(cls, trials: Sequence[Trial], sweep: Sweep) -> "Choice | None":
        """Return the choice among trials; None if no trial has all its seeds."""
        complete = [trial for trial in ranked(trials, sweep) if trial.state == "complete"]
        if not complete:
            return None
        if len(complete) == 1:
            return cls(complete[0])
        best, second = complete[:2]
        scores, others = best.scores(), second.scores()
        sign = -1 if sweep.minimizes else 1
        by_seed = [sign * (scores[seed] - others[seed]) for seed in sweep.seeds]
        half_width = None
        if len(by_seed) > 1:
            from scipy.stats import t

            quantile = float(t.ppf(0.975, len(by_seed) - 1))
            half_width = quantile * statistics.stdev(by_seed) / math.sqrt(len(by_seed))
        return cls(best, second, statistics.fmean(by_seed), half_width)

    @property
    def median_seed(self) -> int:
        """The seed with which the best setting has its median score, the lower of two."""
        scores = self.best.scores()
        median = statistics.median_low(scores.values())
        return next(seed for seed, score in scores.items() if score == median)

    def __str__(self) -> str:
        told = worded("The best mean is that of {setting}.", setting=setting_of(self.best))
        if self.second is None or self.difference is None:
            return f"{told} " + worded(
                "No other has all its seeds, so it has been compared with none."
            )
        next_best = setting_of(self.second)
        if self.difference == 0:
            return f"{told} " + worded(
                "{next} has the same mean; the first of the two is taken.", next=next_best
            )
        if self.half_width is None:
            return f"{told} " + worded(
                "It is {difference:.4f} better than {next}; with one seed each this may be chance.",
                difference=self.difference,
                next=next_best,
            )
        is_sure = self.difference > self.half_width
        return f"{told} " + worded(
            "It is {difference:.4f} ± {half_width:.4f} better than {next} (95%, seed by seed)."
            if is_sure
            else "It is {difference:.4f} ± {half_width:.4f} better than {next} (95%, seed by "
            "seed): these seeds do not tell the two apart.",
            difference=self.difference,
            half_width=self.half_width,
            next=next_best,
        )
