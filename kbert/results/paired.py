"""Whether two models differ on the same rows by more than chance."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class McNemar:
    """The rows that one of two models has right and the other has not.

        p = P(a fair coin, thrown first + second times, is at least as far from the middle)

    Args:
        first: int. Rows that only the first has right.
        second: int. Rows that only the second has right.
        p: float. How often chance alone gives a difference at least as great.

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
            first_right: bool array [rows]. Which rows the first model has right.
            second_right: bool array [rows]. Which of the same rows the second has right.
        """
        from scipy.stats import binomtest

        first = int((first_right & ~second_right).sum())
        second = int((second_right & ~first_right).sum())
        differing = first + second
        p = float(binomtest(first, differing).pvalue) if differing else 1.0
        return cls(first, second, p)


def told_p(p: float | None) -> str:
    """Return a p-value as people read it; nothing where there is none."""
    if p is None:
        return ""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"
