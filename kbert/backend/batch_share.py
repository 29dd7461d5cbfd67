"""How a batch is divided among devices, and among the processes that hold them."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class BatchShare:
    """How a batch is divided among devices, and which part of it this process makes.

    Every device takes as many rows as any other. A batch that does not divide is filled up with its
    last row, which weighs nothing: of n rows, and m with those that are added, the weights are

        weight * m / n    of a row
        0                 of one that was added

    so that the mean over m rows, which is Keras's loss, is that over n. The global batch is the
    same on any number of devices and processes, and its rows are in the same order.

    Args:
        devices: int. The devices of all processes. Defaults to 1.
        processes: int. Each holds as many devices as any other. Defaults to 1.
        process: int. This one, from 0. Defaults to 0.

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
        """Return how many rows a batch has with those that are added."""
        return -(-rows // self.devices) * self.devices

    def part(self, array: np.ndarray) -> np.ndarray:
        """Return this process's rows of an array, of a batch that is filled up."""
        rows = self.filled(len(array))
        own = rows // self.processes
        places = np.arange(self.process * own, (self.process + 1) * own)
        return array[np.minimum(places, len(array) - 1)]

    def weights(
        self, rows: int, weights: np.ndarray | None = None, scale: float | None = None
    ) -> np.ndarray:
        """Return the weights of this process's rows.

        Args:
            rows: int. Of the batch.
            weights: float array [rows] or None. Defaults to None: each row weighs 1.
            scale: float or None. What takes the place of m / n; see `scale_of_mean`. Defaults to
                None: m / n of this batch.
        """
        filled = np.zeros(self.filled(rows), np.float32)
        scale = len(filled) / rows if scale is None else scale
        filled[:rows] = (1 if weights is None else weights) * np.float32(scale)
        return self.part(filled)

    def scale_of_mean(self, batches: list[int]) -> float:
        """Return the factor with which Keras's mean over several batches is that over their rows.

        Keras weighs the loss of each batch by its m rows. So where only the mean counts, as in an
        evaluation, all batches have the same factor.

        Args:
            batches: list of int. The rows of each batch.
        """
        return sum(map(self.filled, batches)) / sum(batches)

    def of_inputs(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return this process's part of a batch's inputs."""
        return {name: self.part(array) for name, array in inputs.items()}

    def are_rows(self, batches: list[int]) -> np.ndarray:
        """Return which outputs of several batches are those of rows, in the batches' order.

        Args:
            batches: list of int. The rows of each batch.
        """
        return np.concatenate([np.arange(self.filled(rows)) < rows for rows in batches])


ALONE = BatchShare()
