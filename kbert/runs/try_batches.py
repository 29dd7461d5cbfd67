"""Tries training steps of growing batches: python -m kbert.runs.try_batches.

Reads a request as JSON from standard input, and prints a line of JSON for each batch that fits. It
runs in a process of its own, since a batch that does not fit may end the process, and so that its
memory is freed.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kbert.backend.available_memory import available_memory
from kbert.backend.choose_backend import choose_backend, import_keras
from kbert.backend.determinism import use_deterministic_kernels
from kbert.backend.out_of_memory import says_out_of_memory
from kbert.backend.peak_memory import peak_memory
from kbert.backend.precision import choose_precision
from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.runs.trial_steps import pretraining_step, training_step
from kbert.utils.say import verbosity

# Share of the memory that is free at the start; the rest is for what a run holds besides steps.
_USABLE = 0.85
# A batch counts as fitting without a trial if it needs at most this share of what is usable.
_CERTAIN = 0.5


@dataclass(frozen=True)
class Trial:
    """A batch that fits.

    Args:
        rows: int.
        memory: int. What the process needed for it, in bytes.
        limit: int or None. What it may need; None on a device, whose own limit holds.
    """

    rows: int
    memory: int
    limit: int | None


def trials(
    sizes: Sequence[int],
    step: Callable[[int], object],
    memory: Callable[[], int],
    limit: int | None,
) -> Iterator[Trial]:
    """Yield the batches that fit, up to the largest.

    Memory grows linearly with the rows, so the last two trials show what the next needs: a batch
    that would exceed the limit is not tried, and neither is one that needs far less.

    Args:
        sizes: ints in ascending order, the rows of each batch.
        step: function that trains a step on a given number of rows.
        memory: function that returns the most memory that the process has held, in bytes.
        limit: int or None. See `Trial`.
    """
    done: list[tuple[int, int]] = []
    for rows in sizes:
        if limit is not None and (_needed(done, rows) or 0) > limit:
            return
        try:
            step(rows)
        except Exception as error:
            if says_out_of_memory(error):
                return
            raise
        done.append((rows, memory()))
        if limit is not None and done[-1][1] > limit:
            return
        yield Trial(rows, done[-1][1], limit)
        most = _needed(done, sizes[-1])
        if limit is not None and most is not None and most < _CERTAIN * limit:
            yield Trial(sizes[-1], most, limit)
            return


def _needed(done: Sequence[tuple[int, int]], rows: int) -> int | None:
    """Return what a batch will need; None where the trials do not show it yet."""
    if len(done) < 3:
        return None
    (before, less), (last, most) = done[-2:]
    if less <= done[-3][1] or most <= less:  # hidden by the memory that building the model took
        return None
    return most + (most - less) * (rows - last) // (last - before)


def main() -> None:
    """Try what the request asks for."""
    request = json.load(sys.stdin)
    _end_me_first()
    free = available_memory()
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in request["config"].items()
    }
    classes = request["classes"]
    config = PretrainConfig(**values) if classes is None else TrainConfig(**values)
    with verbosity(0):
        backend = choose_backend(config.backend)
        if config.deterministic:
            use_deterministic_kernels(backend)
        import_keras()
        precision = choose_precision(config.precision, backend, config.recipe).precision
        config = replace(config, precision=precision)
        if isinstance(config, PretrainConfig):
            step = pretraining_step(config)
        else:
            step = training_step(config, classes)
    on_device = "device_memory" in peak_memory(backend)
    kind = "device_memory" if on_device else "memory"
    for trial in trials(
        request["sizes"],
        step,
        lambda: peak_memory(backend).get(kind, 0),
        None if on_device else int(free * _USABLE),
    ):
        print(json.dumps(vars(trial)), flush=True)


def _end_me_first() -> None:
    """Let Linux end this process, and no other, where memory runs out."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


if __name__ == "__main__":
    main()
