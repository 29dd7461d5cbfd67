"""The masked loss of predicting the tokens' frequencies."""

import math

import numpy as np
import pytest

from kbert import Examples, MaskedBatches, Masking, Tokenizer, TokenStore
from kbert.runs.unigram_loss import unigram_loss

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # computes with arrays only

TOKENIZER = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "b", "c"])


def store(*texts):
    return TokenStore.build(Examples(list(texts)), TOKENIZER, 16)


def test_the_loss_is_that_computed_by_hand():
    training = store("a a a b", "a a")  # a five times, b once, of 6 tokens and 8 pieces
    losses = {"a": -math.log(6 / 14), "b": -math.log(2 / 14), "c": -math.log(1 / 14)}
    batches = MaskedBatches(store("a", "b", "c", "c"), Masking(TOKENIZER), 3)
    expected = (losses["a"] + losses["b"] + 2 * losses["c"]) / 4
    assert unigram_loss(training, batches) == pytest.approx(expected)


def test_the_loss_of_no_tokens_is_nan():
    nothing = MaskedBatches(store("", ""), Masking(TOKENIZER), 2)
    assert np.isnan(unigram_loss(store("a"), nothing))
