"""The largest batch whose training step fits in memory."""

import json
import subprocess
import sys
from dataclasses import asdict
from typing import TypeVar

from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.errors import MachineError
from kbert.findings import Cure, Option, worded
from kbert.runs.try_batches import Trial
from kbert.utils.say import say

Config = TypeVar("Config", TrainConfig, PretrainConfig)


def with_fitting_batch(config: Config, classes: int | None) -> Config:
    """Return the settings with a batch size in place of "auto", and the batches per update.

    The batch size is the largest divisor of the rows per update for which a training step fits,
    with all texts at full length. It is tried on a model of the same size, in another process.

    Args:
        config: TrainConfig or PretrainConfig. Its backend is already chosen.
        classes: int, or None in pretraining.

    Raises:
        MachineError: not even one row fits.
    """
    if config.batch_size != "auto":
        return config.in_batches_of(config.batch_size)
    rows = config.rows_per_update
    sizes = [size for size in range(1, rows + 1) if rows % size == 0]
    say(worded("Trying how many of the {rows:,} rows of an update fit in a batch ...", rows=rows))
    fitting, trouble = _try(config, sizes, classes)
    if fitting is None and trouble:
        say(
            worded(
                "They cannot be tried: {trouble}. Batches of {rows:,} rows.",
                trouble=trouble,
                rows=rows,
            )
        )
        return config.in_batches_of(rows)
    if fitting is None:
        raise MachineError(
            "Out of memory: a training step of 1 row x {tokens:,} tokens does not fit.",
            tokens=config.max_length,
            cure=Cure(
                {"max_length": max(config.max_length // 2, 2)},
                otherwise=(
                    Cure(note="a smaller {option}", values={"option": Option("preset")}),
                    Cure({"gradient_checkpointing": True}),
                ),
            ),
        )
    size = fitting.rows
    room = (
        ""
        if fitting.limit is None
        else worded(" of {gigabytes} that are free", gigabytes=_gigabytes(fitting.limit))
    )
    say(
        worded(
            "Batches of {size:,} rows, {batches:,} per update: {what} fit, in {gigabytes}{room}.",
            size=size,
            batches=rows // size,
            what=worded("all") if size == rows else worded("the most that"),
            gigabytes=_gigabytes(fitting.memory),
            room=room,
        )
    )
    return config.in_batches_of(size)


def _try(
    config: TrainConfig | PretrainConfig, sizes: list[int], classes: int | None
) -> tuple[Trial | None, str | None]:
    """Return the largest batch that fits, or why none could be tried."""
    settings = {name: value for name, value in asdict(config).items() if value is not None}
    request = {"config": settings, "sizes": sizes, "classes": classes}
    done = subprocess.run(
        [sys.executable, "-m", "kbert.runs.try_batches"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith('{"rows"')]
    if lines:  # a process that the system killed has tried one batch too many
        return Trial(**json.loads(lines[-1])), None
    told = done.stderr.strip().splitlines()
    return None, told[-1] if done.returncode > 0 and told else None


def _gigabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB"
