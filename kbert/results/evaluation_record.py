"""The scores of one evaluation, and when in the run it took place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbert.findings import Joined, Message
from kbert.results.scores import Scores, scores_from_dict

# kbert 0.1 calls an update "step".
_OWN = ("epoch", "batch", "average_of", "update", "step", "sets")


@dataclass(frozen=True)
class EvaluationRecord:
    """The scores of one evaluation, and when in the run it took place.

    Args:
        epoch: int. The epoch, counted from 1.
        update: int. Updates of the optimizer before the evaluation.
        scores: dict of scores by set, the monitored one first.
        batch: int or None. Batches of the epoch before the evaluation, if it is inside the epoch.
            Defaults to None: at the epoch's end.
        average_of: tuple of pairs (epoch, batch). The evaluations, best first, whose weights were
            averaged after the last epoch to give the model that was evaluated. Defaults to (): the
            model has the weights of the run.

    Example:

    ```python
    record = EvaluationRecord(epoch=2, update=70, scores={}, batch=120)
    assert record.when == "epoch 2, batch 120"
    assert record.position == "epoch-1-batch-120"
    ```
    """

    epoch: int
    update: int
    scores: Mapping[str, Scores]
    batch: int | None = None
    average_of: tuple[tuple[int, int | None], ...] = ()

    @property
    def when(self) -> Message:
        """When it took place, for a person."""
        if self.average_of:
            each = (EvaluationRecord(epoch, 0, {}, batch).when for epoch, batch in self.average_of)
            return Message("the average of {evaluations}", evaluations=Joined(each, "; "))
        if self.batch is None:
            return Message("epoch {epoch}", epoch=self.epoch)
        return Message("epoch {epoch}, batch {batch:,}", epoch=self.epoch, batch=self.batch)

    @property
    def first(self) -> Scores:
        """The scores on the first set, which decide the best evaluation."""
        return next(iter(self.scores.values()))

    @property
    def position(self) -> str:
        """The name of the checkpoint position with the weights that were evaluated."""
        if self.batch is None:
            return f"epoch-{self.epoch}-batch-0"
        return f"epoch-{self.epoch - 1}-batch-{self.batch}"

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain data."""
        inside: dict[str, Any] = {} if self.batch is None else {"batch": self.batch}
        scores = {name: evaluation.to_dict() for name, evaluation in self.scores.items()}
        if not scores.keys().isdisjoint(_OWN):
            scores = {"sets": scores}
        inside |= {"average_of": [list(one) for one in self.average_of]} if self.average_of else {}
        return {"epoch": self.epoch, **inside, "update": self.update, **scores}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "EvaluationRecord":
        """Return the record that `to_dict` described.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: the values describe none.
        """
        batch = values.get("batch")
        scores = {name: value for name, value in values.items() if name not in _OWN}
        if not scores:
            scores = values.get("sets", {})
        if not scores:
            raise ValueError("no set was evaluated")
        return cls(
            epoch=int(values["epoch"]),
            update=int(values["update"] if "update" in values else values["step"]),
            scores={name: scores_from_dict(value) for name, value in scores.items()},
            batch=None if batch is None else int(batch),
            average_of=tuple(
                (int(epoch), None if at is None else int(at))
                for epoch, at in values.get("average_of", ())
            ),
        )
