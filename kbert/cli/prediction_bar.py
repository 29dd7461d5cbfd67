"""The progress of predictions, on a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO, cast

from kbert.findings import worded
from kbert.utils.lasting_stream import LastingStream
from kbert.utils.say import verbose_level


@contextmanager
def prediction_bar(rows: int, *, to_terminal: bool) -> Iterator[Callable[[float], object] | None]:
    """Show a bar on standard error, and yield a function that advances it by a number of rows.

    No bar is shown, and None is yielded, if standard error is not a terminal, under -q, or if the
    predictions themselves are printed to the terminal.

    Args:
        rows: int. The total number of rows.
        to_terminal: bool. Whether the predictions go to standard output.
    """
    stream = LastingStream("stderr")
    is_mixed = to_terminal and sys.stdout is not None and sys.stdout.isatty()
    if not stream.isatty() or is_mixed or verbose_level() < 1:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn(worded("predicting")),
        BarColumn(),
        TextColumn(worded("{{task.completed:,.0f}} of {{task.total:,.0f}} rows")),
        TextColumn("{task.fields[rate]}"),
        TextColumn(worded("time left")),
        TimeRemainingColumn(),
        console=Console(file=cast(TextIO, stream)),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("", total=rows, rate="")

        def move(more: float) -> None:
            speed = bar.tasks[0].speed
            rate = "" if speed is None else worded("{speed:,.0f} rows/s", speed=speed)
            bar.update(task, advance=more, rate=rate)

        yield move
