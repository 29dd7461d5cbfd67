"""Tokens that are hidden in training."""

from dataclasses import dataclass
from typing import Any, ClassVar

from kbert.errors import InputError
from kbert.findings import worded
from kbert.techniques.model_change import ModelChange


@dataclass(frozen=True)
class TokenDropout(ModelChange):
    """Replace tokens by [MASK] in training, different ones each time.

        token = [MASK] with probability `rate`, unless it is [CLS], [SEP] or [PAD]

    It takes place inside the model, so the batches and the findings about them do not change. A
    `.keras` file keeps it; the folder of a run or of `save_to` does not.

    Args:
        rate: float, above 0 and below 1.

    Raises:
        InputError: `rate` is out of range, or, when the model is changed, the model's vocabulary
            has no [MASK].

    Source: word dropout, as in "Deep Unordered Composition Rivals Syntactic Methods for Text
        Classification", ACL 2015 (aclanthology.org/P15-1162), but with [MASK] instead of nothing.

    Example:

    ```python
    model = BertClassifier.from_preset("minilm", labels=["bad", "good"])
    TokenDropout(0.1)(model)
    model.compile(optimizer=create_optimizer(plan))
    ```
    """

    rate: float

    name: ClassVar[str] = "token_dropout"
    settings: ClassVar[dict[str, str]] = {"token_dropout": "rate"}

    def __post_init__(self) -> None:
        if not 0 < self.rate < 1:
            raise InputError("`rate` must be above 0 and below 1. Received: {rate}", rate=self.rate)

    def __call__(self, model: Any) -> Any:
        model.drop_tokens(self.rate)
        return model

    def told(self) -> str:
        return worded(
            "token dropout: {rate:.0%} of the tokens are [MASK] in training", rate=self.rate
        )
