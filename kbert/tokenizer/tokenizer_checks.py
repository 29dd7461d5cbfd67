"""Checks of what a tokenizer is made of."""

from collections.abc import Sequence
from typing import Any

from kbert.errors import InputError
from kbert.findings import Joined
from kbert.tokenizer.added_tokens import MAX_PIECE, is_content
from kbert.utils.wording import count_noun

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
"""The pieces without which there is no BERT."""


def check_pieces(vocabulary: Sequence[Any]) -> None:
    """Raise InputError when a piece cannot be one, or a special one is missing."""
    for piece in vocabulary:
        if not isinstance(piece, str) or not (piece == "" or is_content(piece)):
            raise InputError(
                "A piece of a vocabulary must be a string in UTF-8 of at most {max_length:,} "
                "characters without NUL. Received: {piece!r:.80}",
                max_length=MAX_PIECE,
                piece=piece,
            )
    pieces = set(vocabulary)
    missing = [piece for piece in SPECIALS if piece not in pieces]
    if missing:
        raise InputError(
            "The vocabulary of {pieces} lacks {missing}. Is it a BERT vocabulary, one piece per "
            "line?",
            pieces=count_noun(len(vocabulary), "piece"),
            missing=Joined(missing),
        )


def check_settings(*values: Any) -> None:
    """Raise InputError when a setting is neither true, false nor null."""
    for value in values:
        if value is not None and not isinstance(value, bool):
            raise InputError(
                "The tokenizer's settings must be true, false or null. Received: {value!r:.80}",
                value=value,
            )


def check_word_length(value: Any) -> None:
    """Raise InputError when this is not the length of a longest word."""
    if type(value) is not int or not 1 <= value <= MAX_PIECE:
        raise InputError(
            "max_word_length must be a whole number from 1 to {max_length:,}. Received: "
            "{value!r:.80}",
            max_length=MAX_PIECE,
            value=value,
        )
