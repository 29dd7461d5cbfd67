"""TF-IDF of token ids equals scikit-learn's of the same tokens."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from kbert import Examples, TokenStore
from kbert.linear.labelled_rows import LabelledRows
from kbert.linear.tf_idf import TfIdf


def rows_of(tokenizer, texts, pairs=None, max_length=64):
    examples = Examples(texts, pairs, label_ids=np.zeros(len(texts), np.int32))
    return LabelledRows.from_store(TokenStore.build(examples, tokenizer, max_length))


def expected(tokenizer, training, other):
    """scikit-learn's features: tokens and pairs of them that occur in at least two rows."""
    vectorizer = TfidfVectorizer(
        analyzer="word",
        tokenizer=tokenizer.tokenize,
        token_pattern=None,
        lowercase=False,
        ngram_range=(1, 2),
        min_df=2,
        sublinear_tf=True,
    )
    return vectorizer.fit_transform(training).toarray(), vectorizer.transform(other).toarray()


def by_column(features):
    """Sort the columns: terms are numbered differently than by scikit-learn."""
    return features[:, np.lexsort(features.round(12))]


@pytest.mark.parametrize("language", ["English", "Chinese"])
def test_the_features_are_scikit_learns(tokenizer, sentences, language):
    texts = sentences[0]
    if language == "Chinese":
        texts = ["酒店很好", "很好很好", "酒店不好", "房间不大", "房间很大", "不好", "大酒店"] * 2
    training, other = texts[::2], texts[1::2]
    features = TfIdf(rows_of(tokenizer, training), tokenizer, max_terms=10_000)
    found = np.concatenate(
        [features.training.toarray(), features.transform(rows_of(tokenizer, other)).toarray()]
    )
    wanted = np.concatenate(expected(tokenizer, training, other))
    assert found.shape == wanted.shape
    assert found.shape[1] > 5
    np.testing.assert_allclose(by_column(found), by_column(wanted), rtol=0, atol=1e-12)


def test_other_rows_add_no_term_and_change_no_frequency(tokenizer, sentences):
    training = rows_of(tokenizer, sentences[0][:40])
    alone = TfIdf(training, tokenizer, 10_000)
    before = alone.training.toarray()
    unknown = alone.transform(rows_of(tokenizer, ["Zwölf Boxkämpfer jagen Viktor", "A joy."]))
    assert unknown.shape == (2, len(alone))
    assert (alone.training.toarray() == before).all()
    # By hand: nothing of the first row is known, so it is 0 and not NaN.
    assert np.abs(unknown.toarray()).sum(axis=1).tolist()[0] == 0


def test_terms_of_a_pair_depend_on_the_text_they_are_in(tokenizer):
    texts, pairs = ["cat", "dog", "cat", "dog"], ["dog", "cat", "dog", "cat"]
    features = TfIdf(rows_of(tokenizer, texts, pairs), tokenizer, 100).training.toarray()
    assert features.shape == (4, 4)
    # Each row has two terms of the same frequency, and a row shares none with the next one.
    np.testing.assert_allclose(features.sum(axis=1), np.sqrt(2))
    assert features[0] @ features[1] == 0
    assert (features[0] == features[2]).all()


def test_only_the_most_frequent_of_too_many_terms_count(tokenizer):
    training = rows_of(tokenizer, ["joy", "joy bore", "joy bore", "chore", "chore", "chore joy"])
    features = TfIdf(training, tokenizer, max_terms=2)
    # joy is in four rows, chore in three, and both other terms in two.
    assert (features.training.toarray() > 0).sum(axis=0).tolist() in ([4, 3], [3, 4])


def test_texts_that_share_nothing(tokenizer):
    training = rows_of(tokenizer, ["joy", "bore"])
    features = TfIdf(training, tokenizer, max_terms=2)
    assert features.training.shape == (2, 0)
    assert features.transform(training).shape == (2, 0)
