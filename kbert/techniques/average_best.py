"""The average of the weights of a run's best evaluations."""

from dataclasses import dataclass
from typing import ClassVar

from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.techniques.technique import Technique


@dataclass(frozen=True)
class AverageBest(Technique):
    """Average the weights of a run's best evaluations at its end, and keep what is better.

        weights = (weights of the best + ... + weights of the count-th best) / count

    The average is evaluated on the sets of the run, and kept where it is better than the best
    evaluation by the score that chooses that. Until then the checkpoints of these evaluations are
    kept, each with an optimizer: three times the size of the model. In plain `fit` it is
    `EpochEvaluation(average_best=3)`, which holds the weights in memory.

    Args:
        count: int, 2 or more. Where a run has fewer evaluations, it averages those.

    Raises:
        InputError: `count` is below 2.

    Source: "Model soups", arXiv 2203.05482, of several runs; "Attention Is All You Need", arXiv
        1706.03762, section 6.1, of the last checkpoints of one.

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
