"""What fine-tuning has to beat."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kbert.display import cells, padded
from kbert.findings import Joined, Text, in_english, worded
from kbert.results.baseline import Baseline
from kbert.results.scores import is_better_lower, score_name
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class Baselines:
    """What fine-tuning has to beat: the scores of models that take seconds.

    Args:
        name: str. The name of the set that they are scored on.
        training_rows: int. All training rows.
        rows: int. All rows of the set.
        found: tuple of Baseline.
        notes: tuple of str or Message. Which baselines could not be computed, and why. Defaults to
            ().

    Example:

    ```python
    none = Baselines("dev", training_rows=80, rows=20, found=())
    assert none.best("accuracy") is None
    ```
    """

    name: str
    training_rows: int
    rows: int
    found: tuple[Baseline, ...]
    notes: tuple[Text, ...] = ()

    def __getitem__(self, name: str) -> Baseline:
        """The baseline with a name: "constant", "tfidf" or "encoder"."""
        return {one.name: one for one in self.found}[name]  # type: ignore[index]

    def best(self, monitor: str) -> Baseline | None:
        """Return the best of those that learn from the texts, or None if there are none.

        Args:
            monitor: str. The score to compare, such as "accuracy"; see `to_beat`.
        """
        learned = [one for one in self.found if one.name != "constant"]
        choose = min if is_better_lower(monitor) else max
        return choose(learned, key=lambda one: self.to_beat(one, monitor), default=None)

    def to_beat(self, one: Baseline, monitor: str) -> float:
        """Return the score of a baseline without what chance may have added.

        That is `1 / sqrt(rows)` if the baseline was scored on a sample of the set, else nothing.
        For errors in the unit of the numbers, it is this share of them.

        Args:
            one: Baseline.
            monitor: str. The score, such as "accuracy"; of "loss", "rmse" and "mae", the lowest is
                the best.
        """
        rows, score = one.evaluation.rows, one.score(monitor)
        chance = rows**-0.5 if rows < self.rows else 0.0
        if monitor in ("rmse", "mae"):
            return score * (1 + chance)
        return score + (chance if is_better_lower(monitor) else -chance)

    def compared(self, monitor: str) -> str:
        """Return one score of each baseline, in one line for a person."""
        return worded(
            "To compare, {name} of the baselines: {scores}",
            name=score_name(monitor),
            scores=Joined(self._score(one, monitor) for one in self.found),
        )

    def _score(self, one: Baseline, monitor: str) -> str:
        """Return a baseline's score, and its number of rows if it was not scored on all."""
        score = f"{one.shown_name} {one.score(monitor):.4f}"
        if one.evaluation.rows == self.rows:
            return score
        rows = count_noun(one.evaluation.rows, "row")
        return worded("{score} ({rows})", score=score, rows=rows)

    def __str__(self) -> str:
        lines = [
            worded(
                "What fine-tuning has to beat, on {name} ({rows}):",
                name=self.name,
                rows=count_noun(self.rows, "row"),
            )
        ]
        width = max((cells(one.shown_name) for one in self.found), default=0)
        for one in self.found:
            told = worded("; ").join([one.evaluation.summary(), self._effort(one)])
            lines.append(f"  {padded(one.shown_name, width)}  {told}")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])

    def _effort(self, one: Baseline) -> str:
        """Return what a baseline took, and its numbers of rows if it did not have all."""
        parts = [worded("{seconds:.1f} s", seconds=one.seconds)]
        if one.training_rows < self.training_rows:
            parts.append(
                worded(
                    "trained on {training_rows:,} of {all_rows:,} rows",
                    training_rows=one.training_rows,
                    all_rows=self.training_rows,
                )
            )
        if one.evaluation.rows < self.rows:
            parts.append(worded("scored on {rows:,}", rows=one.evaluation.rows))
        if one.share is not None:
            parts.append(worded("{share:.1%} of what the plan computes", share=one.share))
        return worded(", ").join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Return the baselines as plain data."""
        with in_english():
            notes = [str(note) for note in self.notes]
        return {
            "set": self.name,
            "training_rows": self.training_rows,
            "rows": self.rows,
            "baselines": [one.to_dict() for one in self.found],
            "notes": notes,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Baselines":
        """Return the baselines that `to_dict` described.

        Raises:
            KeyError, TypeError, ValueError: the values describe none.
        """
        return cls(
            name=str(values["set"]),
            training_rows=int(values["training_rows"]),
            rows=int(values["rows"]),
            found=tuple(Baseline.from_dict(one) for one in values["baselines"]),
            notes=tuple(map(str, values["notes"])),
        )
