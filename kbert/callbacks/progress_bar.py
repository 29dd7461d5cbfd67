"""Progress of the whole run, with the time left."""

import sys
import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class ProgressBar(keras.callbacks.Callback):
    """Shows batches done, loss and time left of the whole run, not of one epoch.

    On a terminal it is a bar; elsewhere, as in a log file, a line after each tenth of the run. Use
    it with `fit(..., verbose=0)`.

    Args:
        batches: int. Batches of the whole run, such as `plan.batches`.

    Example:

    ```python
    model.fit(batches, epochs=3, verbose=0, callbacks=[ProgressBar(plan.batches)])
    ```
    """

    def __init__(self, batches: int) -> None:
        super().__init__()
        self.batches = batches
        self._bar: Progress | None = None

    def on_train_begin(self, logs: Any = None) -> None:
        """Start the clock and, on a terminal, the bar."""
        self._done = 0
        self._shown_tenth = 0
        self._begin = self._last = time.monotonic()
        self._epoch = 1
        if sys.stdout.isatty():
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("batches, loss {task.fields[loss]}, time left"),
                TimeRemainingColumn(),
                console=Console(),
                transient=True,
            )
            self._task = self._bar.add_task("training", total=self.batches, loss="-")
            self._bar.start()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count a batch; show it at most twice a second."""
        self._done += 1
        now = time.monotonic()
        if self._bar is not None:
            if now - self._last > 0.5 or self._done == self.batches:
                self._last = now
                loss = _loss(logs)
                self._bar.update(
                    self._task, completed=self._done, loss=loss, description=f"epoch {self._epoch}"
                )
        elif self._done * 10 // self.batches > self._shown_tenth:
            self._shown_tenth = self._done * 10 // self.batches
            left = (now - self._begin) / self._done * (self.batches - self._done)
            print(
                f"epoch {self._epoch}, batch {self._done:,} of {self.batches:,}, "
                f"loss {_loss(logs)}, about {_duration(left)} left",
                flush=True,
            )

    def on_train_end(self, logs: Any = None) -> None:
        """Take the bar away."""
        self.close()

    def close(self) -> None:
        """Give the terminal back; needed only where `fit` ended with an exception."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _loss(logs: Any) -> str:
    return f"{float((logs or {}).get('loss', float('nan'))):.4f}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
