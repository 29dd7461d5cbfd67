"""How much a score would differ on other rows of the same kind."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kbert.findings import worded

REPEATS = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """The values between which a score lies in 95% of the samples.

    Args:
        low: float.
        high: float.
    """

    low: float
    high: float

    @classmethod
    def of(cls, scores: np.ndarray) -> "Interval":
        """Return the interval of the scores on samples; those that are NaN do not count."""
        low, high = np.nanquantile(scores, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return cls(float(low), float(high))

    def __str__(self) -> str:
        return worded("{low:.4f} to {high:.4f}", low=self.low, high=self.high)


def bootstrap(
    score: Callable[[np.ndarray], float], rows: int, repeats: int = REPEATS, seed: int = 0
) -> Interval:
    """Return the interval of a score over samples of the rows, drawn with replacement.

    Args:
        score: function of the positions of a sample's rows that returns the score on them.
        rows: int. How many there are.
        repeats: int. Samples. Defaults to 1,000.
        seed: int. Defaults to 0.

    Source: B. Efron and R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.

    Example:

    ```python
    right = np.array([True] * 90 + [False] * 10)
    interval = bootstrap(lambda at: right[at].mean(), len(right))
    assert 0.80 < interval.low < 0.87 < 0.93 < interval.high < 0.98
    ```
    """
    return Interval.of(bootstrap_scores(score, rows, repeats, seed))


def bootstrap_scores(
    score: Callable[[np.ndarray], float], rows: int, repeats: int = REPEATS, seed: int = 0
) -> np.ndarray:
    """Return a score on each sample of the rows [repeats]; see `bootstrap`.

    Two scores with the same number of rows are computed on the same samples.
    """
    random = np.random.default_rng(seed)
    drawn = (random.integers(rows, size=rows) for _ in range(repeats))
    return np.array([score(at) for at in drawn])
