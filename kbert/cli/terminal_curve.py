"""A curve drawn with characters."""

from collections.abc import Sequence

import numpy as np

_EIGHTHS = " ▁▂▃▄▅▆▇█"


def terminal_curve(values: Sequence[float] | np.ndarray, height: int = 6) -> str:
    """Return values of 0 or above as columns of blocks, labelled with the greatest at the left.

    Args:
        values: sequence of float, one per column.
        height: int. Lines. Defaults to 6.

    Example:

    ```python
    assert terminal_curve([0, 1, 2], height=1).endswith(" ▄█")
    ```
    """
    heights = np.asarray(values, np.float64)
    top = float(heights.max(initial=0.0))
    eighths = np.round(heights / (top or 1.0) * height * 8).astype(int)
    lines = []
    for line in range(height - 1, -1, -1):
        name = f"{top:.3g}" if line == height - 1 else "0" if line == 0 else ""
        blocks = "".join(_EIGHTHS[min(max(e - 8 * line, 0), 8)] for e in eighths)
        lines.append(f"  {name:>8} |{blocks}")
    return "\n".join(lines)
