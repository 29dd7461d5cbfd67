"""The rows of a batch that one of several processes computes."""

import numpy as np


def process_rows(rows: np.ndarray, process: int, processes: int) -> np.ndarray:
    """Return a process's rows of a batch: consecutive ones, as many for each as can be.

    A batch of n rows gives each process `ceil(n / processes)` of them in their order, the last ones
    fewer, or none. So the parts of all processes are the batch, whatever their number, and each
    part is padded to the same number of rows with rows of weight 0. Batches of a
    `ShardedTokenStore` are sorted by shard: a part needs some of a window's shards.

    Args:
        rows: int array [rows]. Those of the whole batch, as `Batches.rows` returns them.
        process: int, from 0 to processes - 1.
        processes: int.

    Example:

    ```python
    parts = [process_rows(np.arange(5), process, 3).tolist() for process in range(3)]
    assert parts == [[0, 1], [2, 3], [4]]
    ```
    """
    size = -(-len(rows) // processes)
    return rows[process * size : (process + 1) * size]
