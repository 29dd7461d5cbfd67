"""The model that is trained."""

from dataclasses import dataclass

from kbert.choices import CutPair, HeadInput, LongText, Pool, Precision, Weights
from kbert.config.checks import check_share
from kbert.errors import InputError
from kbert.findings import Option
from kbert.tokenizer.windows import Windows

OF_WINDOWS = ("stride", "max_windows", "pool")


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
    """What is kept of a longer text: its head, its tail, or a quarter head and three quarters tail;
    or windows, which read all of it."""
    cut_pair: CutPair = "longest"
    """Which text of a longer pair is cut, or windowed: the longest, the first or the second."""
    stride: int | None = None
    """Tokens that two windows of a text share; by default a quarter of a window."""
    max_windows: int = 16
    """Maximum number of windows of a text; the rest is cut."""
    pool: Pool = "mean"
    """How the logits of a text's windows are combined: by their mean, or their maximum."""
    dropout: float = 0.1
    """Dropout before the classification head."""
    pooling: HeadInput = "auto"
    """What the classification head reads: [CLS] through the pooler, or the mean of all tokens; auto
    takes the mean where the preset is a sentence encoder that was trained with it, else [CLS]."""
    weights: Weights = "pretrained"
    """Start from the preset's weights, or from random ones of its size."""
    precision: Precision = "auto"
    """Precision that the model computes in; the weights stay float32. auto takes what is faster
    here."""

    def __post_init__(self) -> None:
        check_share("dropout", self.dropout)
        for name in OF_WINDOWS:
            if self.long_text != "windows" and getattr(self, name) != getattr(type(self), name):
                raise InputError(
                    "{option} belongs to {long_text}.",
                    option=Option(name),
                    long_text=Option("long_text", "windows"),
                )
        if self.windows is not None:
            self.windows.check_room(self.max_length)

    @property
    def windows(self) -> Windows | None:
        """How longer texts are read in windows; None where they are cut."""
        if self.long_text != "windows":
            return None
        return Windows(self.stride, self.max_windows, self.pool)
