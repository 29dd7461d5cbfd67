"""Whether two models differ on the same rows by more than chance."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class McNemar:
    """The rows that one of two models gets right and the other does not.

        p = P(a fair coin, thrown first + second times, is at least as far from the middle)

    Args:
        first: int. Rows that only the first gets right.
        second: int. Rows that only the second gets right.
        p: float. How often chance alone gives a difference at least as large as this.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated proportions
    or percentages", 1947; the exact form, by the binomial distribution.

    Example:

    ```python
    found = McNemar.of(np.array([True] * 8 + [False]), np.array([False] * 8 + [True]))
    assert (found.first, found.second, round(found.p, 4)) == (8, 1, 0.0391)
    ```
    """

    first: int
    second: int
    p: float

    @classmethod
    def of(cls, first_right: np.ndarray, second_right: np.ndarray) -> "McNemar":
        """Return the test of two models.

        Args:
            first_right: bool array [rows]. Which rows the first model gets right.
            second_right: bool array [rows]. Which of the same rows the second gets right.
        """
        from scipy.stats import binomtest

        first = int((first_right & ~second_right).sum())
        second = int((second_right & ~first_right).sum())
        differing = first + second
        p = float(binomtest(first, differing).pvalue) if differing else 1.0
        return cls(first, second, p)


def told_p(p: float | None) -> str:
    """Return a p-value as text for a person; empty if there is none."""
    if p is None:
        return ""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"
