"""Whether two settings differ by more than their seeds do."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kbert.findings import Message
from kbert.results.bootstrap import LEVEL, Interval

_ROUNDING = 1e-12  # share of the scores, up to which a difference counts as 0


@dataclass(frozen=True)
class PairedSeeds:
    """The scores of two settings that were trained with the same seeds, seed by seed.

        difference = score of the second - score of the first
        t          = mean(differences) / (deviation(differences) / sqrt(seeds))
        sign_p     = P(a fair coin, thrown higher + lower times, is at least as far from the middle)

    The t test assumes that the differences are normally distributed. The sign test assumes nothing
    about them, and needs six seeds to fall below 0.05.

    Args:
        seeds: tuple of int. The seeds that both have.
        differences: tuple of float, one per seed.
        t: float or None. None if there is no t test; `untested` explains why.
        p: float or None. How often chance alone gives a mean at least as far from 0, by Student's t
            distribution, two-sided.
        interval: Interval or None. The 95% confidence interval of the mean difference.
        higher: int. The number of seeds with which the second has the higher score.
        lower: int. The number of seeds with which it has the lower score.
        sign_p: float. The p-value of the sign test; 1 where no scores differ.

    Source: Student, "The Probable Error of a Mean", 1908; W. Dixon and A. Mood, "The Statistical
    Sign Test", 1946.

    Example:

    ```python
    found = PairedSeeds.of({1: 0.80, 2: 0.82, 3: 0.81}, {1: 0.84, 2: 0.85, 3: 0.86})
    assert (found.seeds, found.higher, round(found.p, 4)) == ((1, 2, 3), 3, 0.0202)
    ```
    """

    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    t: float | None
    p: float | None
    interval: Interval | None
    higher: int
    lower: int
    sign_p: float

    @classmethod
    def of(cls, first: Mapping[int, float], second: Mapping[int, float]) -> "PairedSeeds":
        """Return the tests of two settings.

        Args:
            first: dict of float by seed. The scores of the first.
            second: dict of float by seed. The scores of the second.
        """
        from scipy.stats import binomtest

        seeds = tuple(sorted(first.keys() & second.keys()))
        ours, theirs = (np.array([scores[s] for s in seeds], float) for scores in (first, second))
        differences = theirs - ours
        differences[np.abs(differences) <= _ROUNDING * np.abs(ours)] = 0.0
        higher, lower = int((differences > 0).sum()), int((differences < 0).sum())
        sign_p = float(binomtest(higher, higher + lower).pvalue) if higher + lower else 1.0
        t, p, interval = _t_test(differences, float(np.abs(ours).max(initial=0.0)))
        return cls(seeds, tuple(differences.tolist()), t, p, interval, higher, lower, sign_p)

    @property
    def mean(self) -> float | None:
        """The mean difference; None if no seed is shared."""
        return float(np.mean(self.differences)) if self.seeds else None

    @property
    def untested(self) -> Message | None:
        """Why there is no t test; None if there is one."""
        if self.t is not None:
            return None
        if len(self.seeds) < 2:
            return Message(
                "A paired test needs two or more seeds in common; found {count}.",
                count=len(self.seeds),
            )
        return Message("The difference is the same with every seed, so that t is not defined.")


def _t_test(
    differences: np.ndarray, size: float
) -> tuple[float, float, Interval] | tuple[None, None, None]:
    """Return t, its p-value and the interval of the mean; None if t is not defined."""
    from scipy.stats import t as student

    count = len(differences)
    if count < 2 or np.ptp(differences) <= _ROUNDING * size:
        return None, None, None
    mean, error = differences.mean(), differences.std(ddof=1) / np.sqrt(count)
    t = float(mean / error)
    reach = error * student.ppf((1 + LEVEL) / 2, count - 1)
    p = float(2 * student.sf(abs(t), count - 1))
    return t, p, Interval(float(mean - reach), float(mean + reach))
