"""The masked loss of predicting by token frequencies alone, without the text."""

from typing import TYPE_CHECKING

import numpy as np

from kbert.data.token_store import TokenStore

if TYPE_CHECKING:
    from kbert.data.masked_batches import MaskedBatches

_SAMPLE = 20_000  # rows whose tokens are counted


def unigram_loss(training: TokenStore, batches: "MaskedBatches") -> float:
    """Return the mean cross-entropy of the masked tokens of a set, given token frequencies alone.

        -mean(log((count(token) + 1) / (count of all tokens + vocabulary)))

    Args:
        training: TokenStore. The rows whose tokens are counted, or a sample of them.
        batches: MaskedBatches. The set that is scored.

    Returns:
        The loss in nats; NaN where no token is masked.
    """
    tokenizer = batches.masking.tokenizer
    counts = np.zeros(len(tokenizer), np.int64)
    for row in range(0, len(training), -(-len(training) // _SAMPLE)):
        np.add.at(counts, training[row][0], 1)
    counts[[tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id]] = 0  # which are never masked
    losses = -np.log((counts + 1) / (counts.sum() + len(counts)))
    total = masked = 0.0
    for index in range(len(batches)):
        _, targets, weights = batches[index]
        total += float((losses[targets] * weights).sum())
        masked += float(weights.sum())
    return total / masked if masked else float("nan")
