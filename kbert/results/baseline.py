"""The scores of a model that takes seconds, for comparison with a fine-tuned one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from kbert.findings import Message
from kbert.results.scores import Scores, scores_from_dict

BaselineName = Literal["constant", "tfidf", "encoder"]
SHOWN_NAMES = {
    "constant": Message("the same for all"),
    "tfidf": "TF-IDF",
    "encoder": Message("frozen encoder"),
}
"""The names of baselines for a person."""


@dataclass(frozen=True)
class Baseline:
    """The scores of a model that takes seconds, on the set that fine-tuning is scored on.

    Args:
        name: "constant" (the best answer that is the same for all rows, such as the largest class),
            "tfidf" or "encoder" (linear models on TF-IDF, and on the frozen encoder's mean output).
        training_rows: int. The number of rows that it was fitted on.
        evaluation: Scores. Its `rows` are those that were scored.
        seconds: float. How long it took.
        share: float or None. Its computation, as a share of that of the planned fine-tuning.
            Defaults to None: negligible.
    """

    name: BaselineName
    training_rows: int
    evaluation: Scores
    seconds: float
    share: float | None = None

    @property
    def shown_name(self) -> str:
        """The name for a person."""
        return str(SHOWN_NAMES[self.name])

    def score(self, monitor: str) -> float:
        """Return one of its scores."""
        return float(getattr(self.evaluation, monitor))

    def to_dict(self) -> dict[str, Any]:
        """Return the baseline as plain data."""
        return {
            "name": self.name,
            "training_rows": self.training_rows,
            "seconds": round(self.seconds, 2),
            "share": self.share,
            "scores": self.evaluation.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Baseline":
        """Return the baseline that `to_dict` described.

        Raises:
            KeyError, TypeError, ValueError: the values describe none.
        """
        if values["name"] not in get_args(BaselineName):
            raise ValueError(f"no baseline is called {values['name']!r:.80}")
        share = values["share"]
        return cls(
            name=values["name"],
            training_rows=int(values["training_rows"]),
            evaluation=scores_from_dict(values["scores"]),
            seconds=float(values["seconds"]),
            share=None if share is None else float(share),
        )
