"""How each word of a text affects a prediction."""

from dataclasses import dataclass
from typing import Any

from kbert.analysis.explanation_page import explained_texts, explanation_page
from kbert.analysis.word_effect import WordEffect
from kbert.findings import worded

_SHOWN = 20


@dataclass(frozen=True)
class Explanation:
    """How each word of a text affects a prediction, as `explain` finds it.

    Printed, it shows the words that matter most; a notebook shows the text in colours.

    Args:
        text: str.
        pair: str or None. The second text.
        label: str. The label, or the number, that is explained.
        output: float. Its probability for the whole text, or the number.
        is_number: bool. Whether the output is a number, not a probability.
        words: tuple of WordEffect, in the order of the text.
        notes: tuple of str. What a reader has to know about it. Defaults to ().
    """

    text: str
    pair: str | None
    label: str
    output: float
    is_number: bool
    words: tuple[WordEffect, ...]
    notes: tuple[str, ...] = ()

    @property
    def strongest(self) -> list[WordEffect]:
        """The words, sorted by how much they change the output, the greatest change first."""
        known = (word for word in self.words if word.effect is not None)
        return sorted(known, key=lambda word: -abs(word.effect or 0.0))

    @property
    def summary(self) -> str:
        """What is explained, in a sentence."""
        told = (
            "{label}: predicted {output:.4g}"
            if self.is_number
            else "{label}: probability {output:.4g}"
        )
        return worded(told, label=self.label, output=self.output)

    def __str__(self) -> str:
        lines = [self.summary, worded("Each word, and how much the output drops without it:")]
        for word in self.strongest[:_SHOWN]:
            second = worded("  (second text)") if word.is_of_pair else ""
            lines.append(f"  {word.effect:>+10.4f}  {word.word}{second}")
        if len(self.words) > _SHOWN:
            lines.append(
                worded("  and {number:,} words that matter less", number=len(self.words) - _SHOWN)
            )
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        return explained_texts(self.summary, self._texts(), self.words)

    def to_html(self) -> str:
        """Return a page of the text in colours, which loads nothing and runs nothing."""
        return explanation_page(self.summary, self._texts(), self.words, self.notes)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as plain data."""
        return {**vars(self), "words": list(map(vars, self.words)), "notes": list(self.notes)}

    def _texts(self) -> list[str]:
        return [self.text, *([] if self.pair is None else [self.pair])]
