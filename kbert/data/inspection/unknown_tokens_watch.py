"""The warning that a model knows less than half of the tokens it is given."""

import sys
import warnings
from collections.abc import Sequence

from kbert.data.inspection.unknown_findings import unknown_in_use
from kbert.data.reading.examples import Examples
from kbert.errors import UnknownTokensWarning
from kbert.tokenizer.tokenizer import Tokenizer

# How much of each call is examined: little next to the model's own computation.
_TEXTS, _CHARACTERS = 100, 1000


class UnknownTokensWatch:
    """Warns once when most of the tokens of the texts in a call are [UNK].

    Args:
        tokenizer: Tokenizer. The model's.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._has_warned = False

    def look(self, texts: Sequence[str], pairs: Sequence[str] | None) -> None:
        """Look at the first texts of a call, and warn in the words of `kbert predict`."""
        if self._has_warned:
            return
        first = [text[:_CHARACTERS] for text in texts[:_TEXTS]]
        second = None if pairs is None else [text[:_CHARACTERS] for text in pairs[:_TEXTS]]
        finding = unknown_in_use(Examples(first, second), self._tokenizer)
        if finding is not None:
            self._has_warned = True
            warnings.warn(
                f"{finding.message} Cure: {finding.cure}",
                UnknownTokensWarning,
                stacklevel=_caller_level(),
            )


def _caller_level() -> int:
    """Return the `stacklevel` of the line that called kbert."""
    level = 1
    while sys._getframe(level).f_globals.get("__name__", "").startswith("kbert."):
        level += 1
    return level
