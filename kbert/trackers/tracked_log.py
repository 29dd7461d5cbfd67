"""The steps and evaluations that a run's own files hold, as they are written."""

import json
from pathlib import Path
from typing import Any

from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.trackers.tracker import Step

# The columns after the step and the epoch; the log of an earlier kbert ends with the loss.
_VALUES = ("train/learning_rate", "train/loss", "train/gradient_norm", "train/update_ratio")
_TRIES = 100  # to read both files without either changing meanwhile


class TrackedLog:
    """Reads learning_rate.csv and evaluations.json while they are being written.

    An evaluation belongs to the step that comes after it, so that each step is returned once, with
    everything that is known about it.

    Args:
        folder: Path. The folder of the two files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offset = 0
        self._rows = 0  # batches read so far
        self._ends: dict[int, int] = {}  # batches up to the end of each epoch; epochs count from 0
        self._evaluated = 0  # evaluations returned so far

    @property
    def batches(self) -> int:
        """The number of batches read so far."""
        return self._rows

    def history(self) -> EvaluationHistory:
        """Return the evaluations so far; none where they cannot be read."""
        try:
            text = (self._folder / "evaluations.json").read_text(encoding="utf-8")
            return EvaluationHistory.from_dict(json.loads(text))
        except (OSError, ValueError):
            return EvaluationHistory()

    def read(self, *, is_over: bool = False) -> list[Step]:
        """Return the steps that are new.

        Args:
            is_over: bool. Whether no step will follow, so that the last evaluations have a step of
                their own. Defaults to False.
        """
        first, found, records = self._rows, self._read_rows(), self.history().records
        for _ in range(_TRIES):
            # What was evaluated before these rows were read is among the records.
            more = self._read_rows()
            if not more:
                break
            found += more
            records = self.history().records
        steps = {first + place: values for place, values in enumerate(found)}
        new = records[self._evaluated :]
        for record in new:
            place = self._batches_before(record)
            if place == self._rows and not is_over:
                break  # the step after it is not there yet
            place = max(place, first)
            steps[place] = {**_scores(record), **steps.get(place, {})}
            self._evaluated += 1
        return sorted(steps.items())

    def _read_rows(self) -> list[dict[str, float]]:
        """Return the values of the rows that have been written since the last time."""
        file = self._folder / "learning_rate.csv"
        if not file.is_file():
            return []
        with file.open("rb") as stream:
            stream.seek(self._offset)
            text = stream.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        found = []
        for line in whole.decode("utf-8", "replace").splitlines():
            try:
                _, epoch, *cells = line.split(",")
                pairs = zip(_VALUES, cells, strict=False)
                values = {name: float(cell) for name, cell in pairs if cell}
                self._ends[int(epoch)] = self._rows + 1
            except ValueError:
                continue  # the header, or a row that a killed process left broken
            self._rows += 1
            found.append(values)
        return found

    def _batches_before(self, record: EvaluationRecord) -> int:
        """Return how many batches of the run came before an evaluation."""
        begin = max((end for at, end in self._ends.items() if at < record.epoch - 1), default=0)
        end = max((end for at, end in self._ends.items() if at < record.epoch), default=0)
        return end if record.batch is None else min(begin + record.batch, end)


def best_scores(history: EvaluationHistory) -> dict[str, float]:
    """Return the scores of the best evaluation by name, as "best/dev/accuracy"."""
    best = history.best
    return {} if best is None else {f"best/{name}": v for name, v in _scores(best).items()}


def _scores(record: EvaluationRecord) -> dict[str, Any]:
    return {
        f"{name}/{score}": float(getattr(scores, score))
        for name, scores in record.scores.items()
        for score in scores.monitors
    }
