"""Labels that are probably wrong, as cleanlab finds them."""

import numpy as np
import pytest

from kbert.results.doubtful_labels import doubtful_labels
from kbert.results.prediction_table import PredictionTable


def table_of(outputs, true, names=("a", "b", "c")):
    return PredictionTable(
        names, {"row": list(range(1, len(true) + 1))}, np.array(true), np.array(outputs, np.float32)
    )


@pytest.mark.parametrize("seed", range(3))
def test_matches_cleanlab(seed):
    from cleanlab.filter import find_label_issues

    random = np.random.default_rng(seed)
    true = random.integers(0, 3, 300)
    logits = random.normal(0, 1, (300, 3))
    logits[np.arange(300), true] += 2.5
    given = true.copy()
    given[:20] = (given[:20] + 1) % 3  # labels that are wrong
    outputs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    expected = find_label_issues(
        given,
        outputs,
        return_indices_ranked_by="normalized_margin",
        filter_by="confident_learning",
        n_jobs=1,
    )
    found = doubtful_labels(table_of(outputs, given))
    assert found.tolist() == expected.tolist()
    assert np.mean(found < 20) > 0.5


def test_a_class_without_rows_casts_no_doubt():
    assert doubtful_labels(table_of([[0.4, 0.1, 0.5]] * 4, [0, 0, 0, 0])).tolist() == []


@pytest.mark.parametrize("seed", range(2))
def test_several_labels_match_cleanlab_for_each(seed):
    from cleanlab.multilabel_classification.filter import find_multilabel_issues_per_class

    random = np.random.default_rng(seed)
    true = random.random((200, 3)) < 0.4
    shares = 1 / (1 + np.exp(-random.normal(0, 1, true.shape) - np.where(true, 2, -2)))
    given = true.copy()
    given[:10, 1] ^= True  # labels that are wrong
    each = find_multilabel_issues_per_class(
        [np.flatnonzero(row).tolist() for row in given],
        shares,
        filter_by="confident_learning",
        n_jobs=1,
    )
    found = doubtful_labels(table_of(shares, given.astype(np.uint8)))
    assert sorted(found) == np.flatnonzero(np.any(each, axis=1)).tolist()
    # The margin of the two classes of a label, p(what the row says) - max(p, 1 - p), at its worst.
    of_label = np.where(given, shares, 1 - shares)
    margins = np.where(each, of_label - np.maximum(shares, 1 - shares), 0).min(axis=1)
    assert margins[found] == pytest.approx(np.sort(margins[found]), abs=1e-6)
    assert np.mean(found[:10] < 10) > 0.5
