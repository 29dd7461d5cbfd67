"""How the programs that read an export cut long texts, if the model was trained differently."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kbert.choices import CutPair, LongText
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.truncation import head_tokens
from kbert.tokenizer.windows import Windows


def is_cut_alike(
    format: str, model: Any, texts: Sequence[str], pairs: Sequence[str] | None
) -> np.ndarray:
    """Return which texts, or pairs, the reader of a format cuts as the model does: bool [texts].

    Args:
        format: str.
        model: BertClassifier.
        texts: sequence of str.
        pairs: sequence of str, or None.
    """
    tokenizer: Tokenizer = model.tokenizer
    if not differs(format, tokenizer, is_pair=pairs is not None):
        return np.ones(len(texts), bool)
    lengths = np.array([tokens for tokens, _ in tokenizer.count(texts)]) + 2
    if pairs is not None:
        lengths += np.array([tokens for tokens, _ in tokenizer.count(pairs)]) + 1
    return lengths <= model.max_length


def differs(format: str, tokenizer: Tokenizer, *, is_pair: bool) -> bool:
    """Whether the reader of a format may cut a long text, or pair, differently from the model.

    Folders of weights are read by programs that cut in their own way, all others by kbert's code.
    transformers gives one more token to the second of two long texts, Google's code to the first.
    How transformers cuts a pair is an argument of each call.
    """
    if format == "huggingface":
        return is_pair or tokenizer.long_text in ("head+tail", "windows")
    is_default = tokenizer.long_text == "head" and (not is_pair or tokenizer.cut_pair == "longest")
    return format in ("google", "keras-hub") and not is_default


def windows_note(windows: Windows, cut_pair: CutPair, max_length: int) -> str:
    """Return how a model reads long texts in windows, as a sentence of a README."""
    room = max_length - 2
    side = {"longest": "its longer text", "first": "its first", "second": "its second"}
    return (
        f"It read a longer text in windows of {max_length} tokens, each of which shares "
        f"{windows.overlap(room)} with the one before, at most {windows.max_windows}, and took the "
        f"{'mean' if windows.pool == 'mean' else 'maximum'} of their logits; of a longer pair "
        f"{side[cut_pair]} was windowed, and the other one repeated."
    )


def truncation_note(long_text: LongText, cut_pair: CutPair, max_length: int) -> str:
    """Return what a model keeps of a text, or pair, that is too long, as a sentence of a README."""
    room = max_length - 2
    head = head_tokens(room, long_text)
    parts = [f"its first {head}"] * (head > 0) + [f"its last {room - head}"] * (head < room)
    pair = {
        "longest": "the longer text is cut until both fit",
        "first": "the first text is cut",
        "second": "the second text is cut",
    }[cut_pair]
    whole = "" if long_text != "head+tail" else ", in the same proportion for less room"
    return (
        f"Of a longer text it read {' and '.join(parts)} tokens beside [CLS] and [SEP]{whole}; of "
        f"a longer pair {pair}."
    )
