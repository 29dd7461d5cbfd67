"""How texts that are too long are cut: which of a pair, and which of a text's tokens are kept."""

from collections.abc import Sequence
from typing import get_args

from kbert.choices import CutPair, LongText
from kbert.errors import InputError
from kbert.findings import Joined, Option

# Of 510 tokens the paper keeps the first 128 and the last 382.
_HEAD, _WHOLE = 128, 510


def truncated_lengths(
    first: int, second: int, budget: int, cut_pair: CutPair = "longest"
) -> tuple[int, int]:
    """Return the lengths that two texts are cut to, so that both fit.

    Args:
        first: int. Tokens of the first text.
        second: int. Tokens of the second text.
        budget: int. Tokens that both may have.
        cut_pair: "longest": the longer one loses tokens until both fit, the second if they are
            equally long; the closed form of Google's `_truncate_seq_pair`. "first" or "second":
            that one does; only where a single token of it is left, the other one too. Defaults to
            "longest".
    """
    if first + second <= budget:
        return first, second
    if cut_pair == "second":
        keep_second, keep_first = truncated_lengths(second, first, budget, "first")
        return keep_first, keep_second
    least = 1 if cut_pair == "first" else (budget + 1) // 2
    keep_first = min(first, max(budget - second, least))
    return keep_first, min(second, budget - keep_first)


def kept_tokens(tokens: Sequence[int], room: int, long_text: LongText = "head") -> list[int]:
    """Return the tokens of a text that are kept where it has room for fewer.

    What is cut twice, to less room the second time, is what is cut once.

    Args:
        tokens: sequence of int.
        room: int. The number of tokens that are kept.
        long_text: "head": the first ones; "tail": the last ones; "head+tail": `room * 128 // 510`
            of the first and the other ones of the last; "windows": the first ones too, since
            these windows hold. Defaults to "head".

    Source: "How to Fine-Tune BERT for Text Classification?", arXiv 1905.05583, section 5.3.1.
    """
    if len(tokens) <= room:
        return list(tokens)
    head = head_tokens(room, long_text)
    return [*tokens[:head], *tokens[len(tokens) - (room - head) :]]


def head_tokens(room: int, long_text: LongText) -> int:
    """Return how many of the tokens that are kept of a long text are its first ones."""
    heads = {"head": room, "tail": 0, "head+tail": room * _HEAD // _WHOLE, "windows": room}
    return heads[long_text]


def check_truncation(long_text: object, cut_pair: object) -> None:
    """Raise InputError when a setting is none of its choices."""
    given = (("long_text", long_text, LongText), ("cut_pair", cut_pair, CutPair))
    for name, value, choices in given:
        known = get_args(choices)
        if not isinstance(value, str) or value not in known:
            raise InputError(
                "{option} must be one of {known}. Received: {value!r:.80}",
                option=Option(name),
                known=Joined(known),
                value=value,
            )
