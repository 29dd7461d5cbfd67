"""Write the learning rate and the loss of every step."""

import csv
from pathlib import Path
from typing import Any, TextIO

import keras
import numpy as np

from kbert.backend.optimizer_internals import batches_seen, inner_optimizer, learning_rates


class LearningRateLogger(keras.callbacks.Callback):
    """Writes the learning rate and the loss of each step to a CSV file.

    The columns are step (the optimizer's count of batches, from 0), epoch (from 0), learning_rate
    and loss. The rate is read from the optimizer before the step, so the file shows what was used,
    not what was planned. The loss is that of the batch alone, whereas Keras's logs have the mean of
    the epoch so far; it is left empty where `steps_per_execution` runs several together. A later
    `fit` appends to the file.

    Args:
        path: str or Path. The file.

    Example:

    ```python
    model.fit(batches, callbacks=[LearningRateLogger("learning_rate.csv")])
    ```
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__()
        self.path = Path(path)
        self._file: TextIO | None = None
        self._epoch = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._file is None:  # a resumed run rewinds the file before its first epoch
            self._open()
        self._epoch, self._last = epoch, -1
        self._before: tuple[float, float] | None = None

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self._before is None:  # 0, unless the epoch is being resumed
            self._before = self._mean()
        optimizer = inner_optimizer(self.model.optimizer)
        rate = float(keras.ops.convert_to_numpy(optimizer.learning_rate))
        # `iterations` would count updates under accumulation, and a schedule sees batches.
        self._step = (batches_seen(optimizer), self._epoch, f"{rate:.9g}")

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss, before, now = "", self._before, self._mean()
        if before is not None and now is not None and now[1] > before[1]:
            loss = f"{(now[0] - before[0]) / (now[1] - before[1]):.6g}"
        self._before = now
        several, self._last = batch > self._last + 1, batch
        first = self._step[0]
        done = batches_seen(self.model.optimizer) if several else first + 1
        if done > first + 1:  # several together, of which Keras tells only the mean of the losses
            numbers = np.arange(first, done)
            rates = learning_rates(self.model.optimizer, numbers)
            for number, rate in zip(numbers, rates, strict=True):
                self._rows.writerow([number, self._epoch, f"{rate:.9g}", ""])
            return
        self._rows.writerow([*self._step, loss])

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        end = b""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(max(0, self.path.stat().st_size - 1))
                end = file.read()
        # Line by line, so that the file of a killed run has all its steps.
        self._file = self.path.open("a", buffering=1, encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        if not end:
            self._rows.writerow(["step", "epoch", "learning_rate", "loss"])
        elif end != b"\n":
            self._file.write("\n")  # after the row in which a process was killed

    def _mean(self) -> tuple[float, float] | None:
        """Return total and count of Keras's mean of the epoch's loss, if the model has one."""
        mean = next((m for m in self.model.metrics if m.name == "loss"), None)
        if not isinstance(mean, keras.metrics.Mean):
            return None
        total, count = (float(keras.ops.convert_to_numpy(v)) for v in (mean.total, mean.count))
        return total, count

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; needed only if `fit` ended with an exception."""
        if self._file is not None:
            self._file.close()
            self._file = None
