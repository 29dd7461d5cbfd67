"""The rows that a run has set aside, by their numbers, and how they were found."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.reading.dev_split import SPLIT_VERSION
from kbert.data.reading.examples import Examples
from kbert.findings import Message
from kbert.runs.run_directory import DEV_ROWS, RunDirectory
from kbert.utils.csv_text import csv_text
from kbert.utils.files import write_text

_MAX_BYTES = 2**30


@dataclass(frozen=True)
class RecordedSplit:
    """How rows are set aside: as a run has recorded it, or as kbert does now.

    Args:
        version: int. The version of the method that sets rows aside. Defaults to the current one.
        rows: int array or None. The numbers of the rows that the run has set aside. Defaults to
            None: they are computed.
        sha256: str. The fingerprint of these rows. Defaults to "".
        source: str. The file that lists them. Defaults to "".
    """

    version: int = SPLIT_VERSION
    rows: np.ndarray | None = None
    sha256: str = ""
    source: str = ""

    @classmethod
    def of(cls, run: RunDirectory) -> "RecordedSplit":
        """Return how a run has set rows aside."""
        data = run.readable_record.get("data")
        recorded = data.get("dev") if isinstance(data, dict) else None
        sha256 = recorded.get("sha256") if isinstance(recorded, dict) else None
        rows = _read(run.path / DEV_ROWS) if isinstance(sha256, str) else None
        if rows is None:
            return cls(run.split_version)
        return cls(run.split_version, rows, str(sha256), str(run.path / DEV_ROWS))

    def divide(self, whole: Examples) -> tuple[Examples, Examples] | None:
        """Return the training set and the rows that are listed; None where they have changed.

        The listed rows are those of the run only if their texts and labels are the same. Otherwise
        they are computed, which also finds them if the order of the rows has changed.
        """
        if self.rows is None:
            return None
        numbers = np.arange(1, len(whole) + 1) if whole.rows is None else whole.rows
        in_dev = np.isin(numbers, self.rows)
        dev = whole.take(np.flatnonzero(in_dev))
        if len(dev) != len(self.rows) or dev.fingerprint != self.sha256:
            return None
        source = Message(
            "{source} (the rows that {file} lists)", source=whole.source, file=self.source
        )
        dev = replace(dev, source=source)
        return replace(whole.take(np.flatnonzero(~in_dev)), skipped=whole.skipped), dev


def write_dev_rows(folder: Path, dev: Examples) -> None:
    """List the rows that are set aside by number, and if there are several files, by file too."""
    write_text(folder / DEV_ROWS, csv_text(_lines(dev)))


def _lines(dev: Examples) -> Iterator[list[Any]]:
    yield ["row", "file", "row_in_file"] if dev.files else ["row"]
    for number in map(dev.number, range(len(dev))):
        yield [number, *dev.file_and_row(number)] if dev.files else [number]


def _read(file: Path) -> np.ndarray | None:
    """Return the row numbers in a file; None where there is none, or it is not one of kbert's."""
    try:
        if not file.is_file() or file.stat().st_size > _MAX_BYTES:
            return None
        with file.open(encoding="utf-8", newline="") as lines:
            table = csv.reader(lines)
            next(table)
            return np.unique(np.fromiter((int(line[0]) for line in table), np.int64))
    except (OSError, ValueError, OverflowError, IndexError, StopIteration, csv.Error):
        return None
