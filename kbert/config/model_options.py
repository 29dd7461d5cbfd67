"""The model that is trained."""

from dataclasses import dataclass

from kbert.choices import CutPair, LongText, Precision, Weights
from kbert.config.checks import check_share


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """Which model to start from, and how it reads and computes.

    Example:

    ```python
    assert ModelOptions(max_length=64).preset == "minilm"
    ```
    """

    preset: str = "minilm"
    """Weights to start from: minilm, a folder, or a keras-hub preset."""
    max_length: int = 128
    """Maximum number of tokens of a text, or of a pair; longer ones are cut."""
    long_text: LongText = "head"
    """What a longer text keeps: its head, its tail, or a quarter of head with three of tail."""
    cut_pair: CutPair = "longest"
    """Which text of a longer pair is cut: the longest, the first or the second."""
    dropout: float = 0.1
    """Dropout before the classification head."""
    weights: Weights = "pretrained"
    """Start from the preset's weights, or from random ones of its size."""
    precision: Precision = "auto"
    """What the model computes in; the weights stay float32. auto takes what is faster here."""

    def __post_init__(self) -> None:
        check_share("dropout", self.dropout)
