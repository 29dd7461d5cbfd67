"""Write the learning rate and the loss of every step."""

import csv
from pathlib import Path
from typing import Any, TextIO

import keras

from kbert.backend.fit_internals import model_inside_step
from kbert.callbacks.held_steps import check_read_every, steps_between_reads
from kbert.callbacks.watches.step_watch import StepWatch


class LearningRateLogger(keras.callbacks.Callback):
    """Writes the learning rate and the loss of each step to a CSV file.

    The columns are step (the optimizer's count of batches, from 0), epoch (from 0), learning_rate
    and loss. The rate is read from the optimizer before the step, so the file shows what was used,
    not what was planned. The loss is that of the batch alone, whereas Keras's logs have the mean of
    the epoch so far; it is left empty where `steps_per_execution` runs several together. A later
    `fit` appends to the file.

    Args:
        path: str or Path. The file.
        read_every: int or None. Steps whose rows may stay on the device before they are written;
            they are also written before a checkpoint and at the end of an epoch. A schedule's rates
            are then computed on the processor; but for a power other than 1, whose last digit may
            be another, the file is the same. Defaults to None: 1 on a processor, and 50 on an
            accelerator, which would wait for the host at every value that is read.

    Example:

    ```python
    model.fit(batches, callbacks=[LearningRateLogger("learning_rate.csv")])
    ```
    """

    takes_tensors = True

    def __init__(self, path: str | Path, *, read_every: int | None = None) -> None:
        super().__init__()
        check_read_every(read_every)
        self.path = Path(path)
        self.read_every = read_every
        self._file: TextIO | None = None
        self._steps = StepWatch(0)
        self._read_every = 1

    def on_train_begin(self, logs: Any = None) -> None:
        self._write_what_can_be_read()  # of a fit that has failed
        self._read_every = steps_between_reads(self.model, self.read_every)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._file is None:  # a resumed run rewinds the file before its first epoch
            self._open()
        self._steps = StepWatch(epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        at_once = self._read_every == 1
        model = self.model if at_once else model_inside_step(self)
        self._steps.before(model, rate_now=at_once)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._steps.after(self.model if self._read_every == 1 else model_inside_step(self), batch)
        if self._steps.steps >= self._read_every:
            self.read_held()

    def read_held(self) -> None:
        """Write the rows that are held; also called before a checkpoint is saved."""
        if self._steps:
            self._rows.writerows(self._steps.rows(self.model.optimizer))
            self._steps.forget()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.read_held()

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

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Write what is held and close the file; needed only if `fit` ended with an exception."""
        if self._file is not None:
            try:
                self._write_what_can_be_read()
            finally:
                self._file.close()
                self._file = None

    def _write_what_can_be_read(self) -> None:
        """Write what is held, up to the first step whose values an accelerator has not computed.

        What has gone wrong there has ended `fit`, and is not to be raised in place of that.
        """
        at_most = None
        while self._steps:
            try:
                rows = self._steps.rows(self.model.optimizer, at_most)
            except Exception:
                if at_most == 1:
                    break
                at_most = 1
            else:
                self._rows.writerows(rows)
                self._steps.forget(at_most)
        self._steps = StepWatch(0)
