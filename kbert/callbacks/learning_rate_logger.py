"""Write the learning rate, the loss and the gradient norm of every step."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import keras

from kbert.backend.fit_internals import callbacks_of_fit, model_inside_step
from kbert.backend.optimizer_internals import accumulated_steps
from kbert.backend.processes import is_first
from kbert.callbacks.held_steps import check_read_every, steps_between_reads
from kbert.callbacks.watches.step_watch import Row, StepWatch
from kbert.results.step_columns import STEP_COLUMNS


class LearningRateLogger(keras.callbacks.Callback):
    """Writes the learning rate, the loss and the gradient norm of each step to a CSV file.

    The columns are

        step           the optimizer's count of batches, from 0
        epoch          from 0
        learning_rate  read from the optimizer before the step: what was used, not what was planned
        loss           of the batch alone, whereas Keras's logs have the mean of the epoch so far
        gradient_norm  the global norm before clipping, for `AdamW` and `BertAdam`
        update_ratio   the change of the weights by the update, as a share of their norm, where a
                       `PlanGuard` that comes earlier in the callbacks has checked the update

    The last two belong to an update, so with gradient accumulation they are in the row of its last
    batch. Values that are not known are left empty, such as the loss where `steps_per_execution`
    runs several steps together. A later `fit` appends to the file, in the columns that it has.

    Args:
        path: str or Path. The file.
        read_every: int or None. How many steps' rows may stay on the device before they are
            written. They are also written before a checkpoint and at the end of an epoch. If
            `read_every` is more than 1, a schedule's rates are computed on the processor, and the
            file is the same, except that for a power other than 1 the last digit may differ.
            Defaults to None: 1 on a processor, and 50 on an accelerator, which would wait for the
            host at every value that is read.

    Attributes:
        writes: bool. Whether this process writes the file: of several that train together, one
            does.

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
        self.writes = is_first()
        self._file: TextIO | None = None
        self._steps = StepWatch(0)
        self._read_every = 1
        self._guards: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self._write_what_can_be_read()  # left by a fit that failed
        self._guards = [one for one in callbacks_of_fit() if hasattr(one, "update_ratios")]
        self._read_every = steps_between_reads(self.model, self.read_every)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        # A resumed run rewinds the file before its first epoch.
        if self._file is None and self.writes:
            self._open()
        self._steps = StepWatch(epoch)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if not self.writes:
            return
        at_once = self._read_every == 1
        model = self.model if at_once else model_inside_step(self)
        self._steps.before(model, rate_now=at_once)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if not self.writes:
            return
        self._steps.after(self.model if self._read_every == 1 else model_inside_step(self), batch)
        if self._steps.steps >= self._read_every:
            self.read_held()

    def read_held(self) -> None:
        """Write the rows that are held; also called before a checkpoint is saved."""
        if self._steps:
            self._write(self._steps.rows(self.model.optimizer))
            self._steps.forget()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.read_held()

    def _open(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        end = b""
        self._columns = len(STEP_COLUMNS)
        if self.path.exists():
            with self.path.open("rb") as file:
                header = file.readline()
                file.seek(max(0, self.path.stat().st_size - 1))
                end = file.read()
            if header:
                self._columns = header.count(b",") + 1
        # Line by line, so that the file of a killed run has all its steps.
        self._file = self.path.open("a", buffering=1, encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        if not end:
            self._rows.writerow(STEP_COLUMNS)
        elif end != b"\n":
            self._file.write("\n")  # ends the row during which a process was killed

    def _write(self, rows: Sequence[Row]) -> None:
        together = accumulated_steps(self.model.optimizer)
        for row in rows:
            update, batch = divmod(row[0] + 1, together)
            found = [guard.update_ratios.get(update - 1) for guard in self._guards]
            known = [f"{ratio:.6g}" for ratio in found if ratio is not None and not batch]
            self._rows.writerow([*row, *(known[:1] or [""])][: self._columns])

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

        The failure there has already ended `fit`. An error from reading must not replace it.
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
                self._write(rows)
                self._steps.forget(at_most)
        self._steps = StepWatch(0)
