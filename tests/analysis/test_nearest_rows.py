"""The nearest training rows, as scikit-learn finds them among the encoder's means."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from kbert import read_examples
from kbert.analysis.nearest_rows import nearest_rows
from kbert.linear.encoder_vectors import encoder_vectors
from kbert.linear.labelled_rows import LabelledRows

# Only cosines are ordered; the encoder's output is tested on each backend in tests/linear.
pytestmark = [pytest.mark.keras, pytest.mark.any_backend]


def test_matches_scikit_learn_without_the_row_itself(tiny_model, reviews):
    model = tiny_model()
    whole = read_examples(reviews, labels=model.labels)
    rows = whole.take(np.array([3, 50, 80]))
    found = nearest_rows(model, whole, rows, count=2, most=1000)
    means = encoder_vectors(model, LabelledRows.from_store(model.batches(whole).store))
    of_sklearn = NearestNeighbors(n_neighbors=3, metric="cosine").fit(means)
    distances, at = of_sklearn.kneighbors(means[[3, 50, 80]])
    assert at[:, 0].tolist() == [3, 50, 80]
    assert found.at.tolist() == at[:, 1:].tolist()
    np.testing.assert_allclose(found.similarity, 1 - distances[:, 1:], atol=1e-5)
    assert (len(found.training), found.rows) == (106, 106)

    sample = nearest_rows(model, whole, rows, count=20, most=10)
    assert (len(sample.training), sample.rows, sample.at.shape) == (10, 106, (3, 10))
    again = nearest_rows(model, whole, rows, count=20, most=10)
    assert again.at.tolist() == sample.at.tolist()
