"""The mean of arrays with the same names."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def mean_arrays(each: Iterable[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the mean of dicts of arrays, name by name, summed in float64.

    Args:
        each: iterable of dict, which are read one at a time.

    Example:

    ```python
    mean = mean_arrays([{"bias": np.float32([1, 2])}, {"bias": np.float32([3, 2])}])
    assert mean["bias"].tolist() == [2.0, 2.0]
    ```
    """
    total: dict[str, np.ndarray] = {}
    kinds: dict[str, Any] = {}
    count = 0
    for arrays in each:
        count += 1
        for name, array in arrays.items():
            kinds[name] = array.dtype
            total[name] = total.get(name, 0.0) + array.astype(np.float64)
    return {name: (array / count).astype(kinds[name]) for name, array in total.items()}
