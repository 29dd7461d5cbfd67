"""How a batch is divided among devices, and among the processes that hold them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BatchShare:
    """How a batch is divided among devices, and which part of it this process prepares.

    Every device gets the same number of rows. A batch that does not divide evenly is filled up
    with copies of its last row, which have no weight. With n rows, and m including the copies, the
    weights are

        weight * m / n    of a row
        0                 of a copy

    so that Keras's loss, the mean over m rows, equals the mean over n rows. The global batch is
    the same on any number of devices and processes, and its rows are in the same order.

    Args:
        devices: int. Number of devices of all processes together. Defaults to 1.
        processes: int. Number of processes, each with the same number of devices. Defaults to 1.
        process: int. Index of this process, from 0. Defaults to 0.

    Example:

    ```python
    share = BatchShare(devices=4, processes=2, process=1)
    assert share.filled(6) == 8
    assert share.part(np.arange(6)).tolist() == [4, 5, 5, 5]
    ```
    """

    devices: int = 1
    processes: int = 1
    process: int = 0

    def filled(self, rows: int) -> int:
        """Return how many rows a batch has, including the copies that fill it up."""
        return -(-rows // self.devices) * self.devices

    def part(self, array: np.ndarray) -> np.ndarray:
        """Return this process's rows of a batch's array, after filling it up."""
        rows = self.filled(len(array))
        own = rows // self.processes
        places = np.arange(self.process * own, (self.process + 1) * own)
        return array[np.minimum(places, len(array) - 1)]

    def weights(
        self, rows: int, weights: np.ndarray | None = None, scale: float | None = None
    ) -> np.ndarray:
        """Return the weights of this process's rows.

        Args:
            rows: int. Number of rows of the batch.
            weights: float array [rows] or None. Defaults to None: each row weighs 1.
            scale: float or None. A factor in place of m / n; see `scale_of_mean`. Defaults to
                None: m / n of this batch.
        """
        filled = np.zeros(self.filled(rows), np.float32)
        scale = len(filled) / rows if scale is None else scale
        filled[:rows] = (1 if weights is None else weights) * np.float32(scale)
        return self.part(filled)

    def scale_of_mean(self, batches: list[int]) -> float:
        """Return the factor that makes Keras's mean over several batches the mean over their rows.

        Keras weights the loss of each batch by its m rows. Where only the mean matters, as in an
        evaluation, all batches therefore have the same factor.

        Args:
            batches: list of int. The rows of each batch.
        """
        return sum(map(self.filled, batches)) / sum(batches)

    def of_inputs(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return this process's part of a batch's inputs."""
        return {name: self.part(array) for name, array in inputs.items()}

    def are_rows(self, batches: list[int]) -> np.ndarray:
        """Return which outputs of several batches belong to rows, not copies, in batch order.

        Args:
            batches: list of int. The rows of each batch.
        """
        return np.concatenate([np.arange(self.filled(rows)) < rows for rows in batches])


ALONE = BatchShare()
