import numpy as np
import pytest

from kbert import Batches, Examples, Tokenizer, TokenStore
from kbert.data.epoch_setter import EpochSetter

pytestmark = [pytest.mark.keras, pytest.mark.any_backend]  # a callback of Batches


def test_the_batches_have_the_order_of_the_epoch(minilm_vocab):
    store = TokenStore.build(
        Examples([f"story {n}" for n in range(20)]), Tokenizer.from_file(minilm_vocab), 8
    )
    batches = Batches(store, 4, order="shuffled")
    EpochSetter(batches).on_epoch_begin(3)
    assert batches.epoch == 3
    expected = Batches(store, 4, order="shuffled", epoch=3).row_order()
    np.testing.assert_array_equal(batches.row_order(), expected)
