"""Progress of the whole run, with the remaining time."""

import time
from typing import Any, TextIO, cast

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kbert.backend.device_values import read_together
from kbert.backend.processes import is_first
from kbert.findings import worded
from kbert.utils.counts import check_count
from kbert.utils.lasting_stream import LastingStream
from kbert.utils.say import say
from kbert.utils.wording import duration


class ProgressBar(keras.callbacks.Callback):
    """Shows batches, loss and remaining time of the whole run, not of one epoch.

    On a terminal it is a bar. Elsewhere, such as in a log file, it is a line after each tenth of
    the run, which counts batches within the epoch, as evaluations do. Use it with
    `fit(..., verbose=0)`.

    Args:
        batches: int. Batches of the whole run, such as `plan.batches`.
        done: int. Batches that an interrupted `fit` of the run has already trained. Defaults to 0.

    Example:

    ```python
    model.fit(batches, epochs=3, verbose=0, callbacks=[ProgressBar(plan.batches)])
    ```
    """

    takes_tensors = True

    def __init__(self, batches: int, done: int = 0) -> None:
        super().__init__()
        check_count("batches", batches)
        self.batches = batches
        self.done = done
        self._bar: Progress | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        self._done = self.done
        self._shown_tenth = self._done * 10 // max(self.batches, 1)
        self._last = time.monotonic()
        self._second: float | None = None  # when the first batch, which compiles, was done
        self._epoch, self._steps, self._before = 1, self.batches, self._done
        self._first = self._done + 1
        stream = LastingStream("stdout")
        if stream.isatty() and is_first():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn(worded("batches, loss {loss}, time left", loss="{task.fields[loss]}")),
                TimeRemainingColumn(),
                console=Console(file=cast(TextIO, stream)),
                transient=True,
            )
            total, done = self.batches, self._done
            self._task = self._bar.add_task("training", total=total, completed=done, loss="-")
            self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._before = epoch + 1, self._done
        steps = (self.params or {}).get("steps")
        self._steps = self.batches if steps is None else int(steps)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        # Keras may report only every tenth batch, and count past the end of an epoch.
        self._done = self._before + min(batch + 1, self._steps)
        now = time.monotonic()
        if self._second is None:
            self._second, self._first = now, self._done
        if self._bar is not None:
            if now - self._last > 0.5 or self._done == self.batches:  # at most twice a second
                self._last = now
                loss = _loss(logs)
                self._bar.update(
                    self._task, completed=self._done, loss=loss, description=f"epoch {self._epoch}"
                )
        elif self._done * 10 // self.batches > self._shown_tenth:
            self._shown_tenth = self._done * 10 // self.batches
            timed, loss = self._done - self._first, _loss(logs)
            # Once the loss is known, an accelerator has done these batches.
            seconds = (time.monotonic() - self._second) / timed if timed else None
            within = (self._done - 1) % self._steps + 1
            say(
                worded(
                    "epoch {epoch}, batch {within:,} of {steps:,}, loss {loss}{left}",
                    epoch=self._epoch,
                    within=within,
                    steps=self._steps,
                    loss=loss,
                    left=_left(seconds, self.batches - self._done),
                )
            )

    def on_train_end(self, logs: Any = None) -> None:
        self.close()

    def close(self) -> None:
        """Remove the bar from the terminal; needed only if `fit` ended with an exception."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _loss(logs: Any) -> str:
    logs = logs or {}
    loss, task = read_together([logs.get(name, float("nan")) for name in ("loss", "task_loss")])
    # With a term such as the contrastive loss, only the loss of the task is that of an evaluation.
    return f"{float(loss):.4f}" + (f", task_loss {float(task):.4f}" if "task_loss" in logs else "")


def _left(seconds: float | None, batches: int) -> str:
    return (
        ""
        if seconds is None
        else worded(", about {duration} left", duration=duration(seconds * batches))
    )
