"""Scores of a model that predicts masked tokens."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from kbert.findings import worded
from kbert.utils.wording import count_noun


@dataclass(frozen=True)
class MaskedEvaluation:
    """The scores of a model that predicts masked tokens.

    Args:
        rows: int. Texts evaluated, or windows of them.
        predictions: int. Tokens predicted, of all rows.
        loss: float. Mean cross-entropy of these tokens, in nats.
        accuracy: float. The share of them that the model predicts correctly.

    Example:

    ```python
    scores = MaskedEvaluation(rows=50, predictions=200, loss=0.0, accuracy=1.0)
    assert scores.perplexity == 1.0
    ```
    """

    rows: int
    predictions: int
    loss: float
    accuracy: float
    monitors: ClassVar[tuple[str, ...]] = ("loss", "accuracy")
    """The scores that can decide which evaluation is best, the usual one first."""

    @property
    def perplexity(self) -> float:
        """`exp(loss)`: the number of tokens among which the model would have to guess."""
        return math.exp(self.loss) if self.loss < 700 else math.inf

    def summary(self) -> str:
        """Return the scores in a line."""
        return worded(
            "masked loss {loss:.4f}, perplexity {perplexity:.1f}, accuracy {accuracy:.4f} "
            "({tokens})",
            loss=self.loss,
            perplexity=self.perplexity,
            accuracy=self.accuracy,
            tokens=count_noun(self.predictions, "token"),
        )

    def __str__(self) -> str:
        return self.summary()

    def to_dict(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        return {"target": "masked", **asdict(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "MaskedEvaluation":
        """Return the scores that `to_dict` described."""
        return cls(
            rows=int(values["rows"]),
            predictions=int(values["predictions"]),
            loss=float(values["loss"]),
            accuracy=float(values["accuracy"]),
        )
