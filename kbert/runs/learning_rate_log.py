"""The log of a run's steps, learning_rate.csv, which is rewound by step numbers."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kbert.checkpoints.run_steps import Steps, step_ranges
from kbert.results.step_columns import STEP_COLUMNS
from kbert.utils.files import sync_directory, sync_file, write_text

LOG = "learning_rate.csv"


@dataclass(frozen=True)
class LogGap:
    """Steps that were trained and whose rows are missing.

    Args:
        first: int. The first missing step.
        last: int. The last one.
    """

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first:,}" if self.first == self.last else f"{self.first:,} to {self.last:,}"


def flush_log(run: Path) -> None:
    """Flush the rows so far to disk; called before a checkpoint is committed."""
    if (run / LOG).exists():
        sync_file(run / LOG)
        sync_directory(run)


def rewind_log(run: Path, batches: int, steps: Steps | None) -> list[LogGap]:
    """Keep only the rows of a run's first batches in its log, and return which of them are missing.

    Args:
        run: Path.
        batches: int. How many batches of the run are kept.
        steps: the checkpoint's `steps`; None for kbert 0.1, whose rows can only be counted.
    """
    path = run / LOG
    if not path.exists():
        return [LogGap(0, batches - 1)] if batches else []
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    whole = lines[:-1]  # a killed process may have left a last line without an end
    columns = _columns(lines[0])
    rows = [(number, line) for line in whole if (number := _step(line, columns)) is not None]
    if steps is None:
        kept = [line for _, line in rows[:batches]]
        gaps = [LogGap(len(kept), batches - 1)] if len(kept) < batches else []
    else:
        kept, missing = _match(rows, step_ranges(steps, batches))
        gaps = _ranges(missing)
    missing_columns = "," * (len(STEP_COLUMNS) - columns)  # in a log of kbert 0.1
    written = [",".join(STEP_COLUMNS), *(line + missing_columns for line in kept), ""]
    if written != lines:
        write_text(path, "\n".join(written))
    return gaps


def _columns(header: str) -> int:
    """Return how many columns a log has according to its header, which may itself be torn."""
    found = len(header.split(","))
    return found if header == ",".join(STEP_COLUMNS[:found]) else len(STEP_COLUMNS)


def _step(line: str, columns: int) -> int | None:
    """Return the step of a row, or None where this is not a whole row."""
    fields = line.split(",")
    with contextlib.suppress(ValueError):
        if len(fields) == columns:
            _ = int(fields[1]), [float(field or 0) for field in fields[2:]]
            return int(fields[0])
    return None


def _match(
    rows: Sequence[tuple[int, str]], expected: Sequence[range]
) -> tuple[list[str], list[int]]:
    """Return the rows of the expected steps, and the expected steps without a row."""
    kept: list[str] = []
    missing: list[int] = []
    place = 0
    for numbers, following in zip(expected, [*expected[1:], range(0)], strict=False):
        awaited = numbers.start
        while place < len(rows):
            number, line = rows[place]
            if number in numbers and number >= awaited:
                missing += range(awaited, number)
                kept.append(line)
                awaited = number + 1
            elif number in following:
                break
            place += 1
        missing += range(awaited, numbers.stop)
    return kept, missing


def _ranges(numbers: Sequence[int]) -> list[LogGap]:
    gaps: list[LogGap] = []
    for number in numbers:
        if gaps and gaps[-1].last == number - 1:
            gaps[-1] = LogGap(gaps[-1].first, number)
        else:
            gaps.append(LogGap(number, number))
    return gaps
