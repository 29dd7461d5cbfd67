"""P-values of several tests, corrected for their number."""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return corrected p-values: at any level, the chance of any false finding stays below it.

    The smallest of m is multiplied by m, the next by m - 1, and so on; none becomes smaller than
    one before it, or greater than 1:

        corrected[k] = min(1, max over j <= k of (m - j) * p[j])    # p in ascending order, j from 0

    Args:
        p_values: sequence of float, 0 to 1.

    Returns:
        A tuple of float, in the order given.

    Source: S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", 1979.

    Example:

    ```python
    assert holm([0.04, 0.01]) == (0.04, 0.02)
    ```
    """
    corrected = [0.0] * len(p_values)
    least = 0.0
    for done, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - done) * p_values[at]))
        corrected[at] = least
    return tuple(corrected)
