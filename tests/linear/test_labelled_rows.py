import numpy as np

from kbert import Examples, TokenStore
from kbert.linear.labelled_rows import LabelledRows


def test_a_sample_keeps_what_belongs_together(tokenizer, sentences):
    texts, ids = sentences[0], np.arange(len(sentences[0]), dtype=np.int32)
    weights = ids + 1.0
    store = TokenStore.build(Examples(texts, label_ids=ids, weights=weights), tokenizer, 32)
    rows = LabelledRows.from_store(store, weights)
    assert rows.sample(len(rows), seed=0) is rows
    some = rows.sample(20, seed=3)
    assert len(set(some.rows)) == len(some) == 20
    assert (np.diff(some.rows) > 0).all()
    assert (some.targets == some.rows).all()
    assert (some.weights == some.rows + 1).all()
    assert (some.lengths == store.lengths[some.rows]).all()
    assert (rows.sample(20, seed=3).rows == some.rows).all()
    assert (rows.sample(20, seed=4).rows != some.rows).any()
