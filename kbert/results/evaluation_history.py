"""The evaluations of a run: which is the best, and whether patience has run out."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from kbert.choices import Monitor
from kbert.errors import InputError
from kbert.findings import Joined, Option
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.scores import is_better_lower
from kbert.utils.counts import check_count
from kbert.utils.files import write_text


class EvaluationHistory:
    """The evaluations of a run in order: which is the best, and whether patience has run out.

    Args:
        monitor: str or None. The score on the first set that decides which evaluation is the best,
            such as "accuracy", "macro_f1", "rmse" or "loss"; `ties` decides between equal ones.
            Defaults to None: the usual score, which is the first of the scores' `monitors`.
        patience: int or None. Evaluations without improvement after which the run is over.
            Defaults to None: it never is.
        records: iterable of EvaluationRecord. Defaults to ().
        ties: "loss" (of equal scores, the one with the lower loss is better) or "first" (as in
            kbert 0.1). Defaults to "loss".

    Raises:
        InputError: an unknown `monitor`, or `patience` below 1.

    Example:

    ```python
    history = EvaluationHistory("accuracy", patience=2)
    assert history.best is None and not history.is_over
    ```
    """

    def __init__(
        self,
        monitor: Monitor | None = None,
        patience: int | None = None,
        records: Iterable[EvaluationRecord] = (),
        ties: Literal["loss", "first"] = "loss",
    ) -> None:
        if monitor is not None and monitor not in get_args(Monitor):
            raise InputError(
                "{option} must be one of {choices}. Received: {monitor!r}",
                option=Option("monitor"),
                choices=Joined(get_args(Monitor)),
                monitor=monitor,
            )
        if patience is not None:
            check_count("patience", patience)
        self.monitor = monitor
        self.patience = patience
        self.records = list(records)
        self.ties: Literal["loss", "first"] = "first" if ties == "first" else "loss"

    @property
    def score(self) -> str:
        """The name of the score that decides which evaluation is the best."""
        if self.monitor is not None:
            return self.monitor
        return next(iter(self.records[0].scores.values())).monitors[0] if self.records else ""

    def add(self, record: EvaluationRecord) -> bool:
        """Add an evaluation, and return whether it is the best so far."""
        self.records.append(record)
        return self.best is record

    @property
    def last(self) -> EvaluationRecord | None:
        """The last evaluation, or None before the first."""
        return self.records[-1] if self.records else None

    @property
    def best(self) -> EvaluationRecord | None:
        """The best evaluation, or None before the first; `ties` decides between equals."""
        return max(self.records, key=self._score, default=None)

    def best_of(self, count: int) -> list[EvaluationRecord]:
        """Return the `count` best evaluations, the best first; of equals, the earlier first."""
        return sorted(self.records, key=self._score, reverse=True)[:count]

    @property
    def is_over(self) -> bool:
        """Whether there were `patience` evaluations without improvement."""
        best = self.best
        if best is None or self.patience is None:
            return False
        return len(self.records) - 1 - self.records.index(best) >= self.patience

    def without_end_of(self, epoch: int) -> "EvaluationHistory":
        """Return the history without the evaluation at the end of an epoch, counted from 1."""
        kept = (r for r in self.records if r.epoch != epoch or r.batch is not None)
        return EvaluationHistory(self.monitor, self.patience, kept, self.ties)

    def without(self, record: EvaluationRecord) -> "EvaluationHistory":
        """Return the history without one of its evaluations."""
        kept = (r for r in self.records if r is not record)
        return EvaluationHistory(self.monitor, self.patience, kept, self.ties)

    def to_dict(self) -> dict[str, Any]:
        """Return the history as plain data."""
        best = self.best
        inside = {} if best is None or best.batch is None else {"best_batch": best.batch}
        return {
            "monitor": self.score or None,
            "ties": self.ties,
            "best_epoch": None if best is None else best.epoch,
            **inside,
            "epochs": [record.to_dict() for record in self.records],
        }

    @classmethod
    def from_dict(
        cls, values: Mapping[str, Any], patience: int | None = None
    ) -> "EvaluationHistory":
        """Return the history that `to_dict` described, here or in kbert 0.1.

        Args:
            values: dict.
            patience: int or None. See the class. Defaults to None.

        Raises:
            InputError: the values describe no history.
        """
        try:
            records = [EvaluationRecord.from_dict(record) for record in values["epochs"]]
            # kbert 0.1 wrote nothing about ties: its runs keep the best evaluation that they have.
            return cls(values["monitor"], patience, records, values.get("ties", "first"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(
                "These are not the evaluations of a run: {error!r}", error=error
            ) from None

    def write(self, folder: Path) -> None:
        """Write evaluations.json and, in the form of `run_classifier.py`, eval_results.txt."""
        text = json.dumps(self.to_dict(), indent=2) + "\n"
        write_text(folder / "evaluations.json", text)
        if (best := self.best) is not None:
            first = next(iter(best.scores.values()))
            if isinstance(first, Evaluation):  # the script knows no others
                write_text(folder / "eval_results.txt", first.google_lines(best.update))

    def _score(self, record: EvaluationRecord) -> tuple[float, float]:
        """Return what is compared: the score, then the loss."""
        scores = next(iter(record.scores.values()))
        value, loss = getattr(scores, self.score), scores.loss
        if is_better_lower(self.score):
            value = -value
        return (
            -math.inf if math.isnan(value) else value,
            -math.inf if math.isnan(loss) or self.ties == "first" else -loss,
        )
