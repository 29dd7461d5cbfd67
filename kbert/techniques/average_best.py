"""The average of the weights of a run's best evaluations."""

from dataclasses import dataclass
from typing import ClassVar

from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.techniques.technique import Technique


@dataclass(frozen=True)
class AverageBest(Technique):
    """Average the weights of a run's best evaluations at its end, and keep the better weights.

        weights = (weights of the best + ... + weights of the count-th best) / count

    The average is evaluated on the run's sets, and kept if it is better than the best evaluation,
    by the same score that chooses the best. Until then, the checkpoints of these evaluations are
    kept, each with an optimizer: three times the size of the model. In plain `fit`, use
    `EpochEvaluation(average_best=3)`, which holds the weights in memory.

    Args:
        count: int, 2 or more. A run with fewer evaluations averages all of them.

    Raises:
        InputError: `count` is below 2.

    Source: "Model soups", arXiv 2203.05482, for several runs; "Attention Is All You Need", arXiv
        1706.03762, section 6.1, for the last checkpoints of one run.

    Example:

    ```python
    assert AverageBest(3).count == 3
    ```
    """

    count: int

    name: ClassVar[str] = "average_best"
    settings: ClassVar[dict[str, str]] = {"average_best": "count"}

    def __post_init__(self) -> None:
        if self.count < 2:
            raise InputError(
                "{option} must be 2 or more. Received: {count}",
                option=Option("average_best"),
                count=self.count,
            )

    def told(self) -> str:
        return worded(
            "at the end: the average of the weights of the best {count} evaluations, if it is "
            "better; their checkpoints are kept until then",
            count=self.count,
        )
