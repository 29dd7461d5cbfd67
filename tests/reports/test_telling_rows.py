"""The rows that tell most: by hand, and doubtful labels as cleanlab finds them."""

import numpy as np
import pytest
from reports.hand_made import report_of

from kbert.reports import telling_rows
from kbert.reports.telling_rows import TellingRows, doubtful_labels
from kbert.results.prediction_table import PredictionTable


def table_of(outputs, true, names=("a", "b", "c")):
    return PredictionTable(
        names, {"row": list(range(1, len(true) + 1))}, np.array(true), np.array(outputs, np.float32)
    )


OUTPUTS = [[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.45, 0.5, 0.05], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8]]


def test_mistakes_are_sorted_by_confidence_and_doubts_by_margin():
    table = table_of(OUTPUTS, [0, 0, 0, 0, 2])
    rows = TellingRows.of(report_of(predictions=table, texts=["v", "w", "x", "y", "z"]))
    assert [(one.row, one.predicted, one.text) for one in rows.mistakes] == [
        ("4", "b", "y"),
        ("2", "b", "w"),
        ("3", "b", "x"),
    ]
    assert rows.mistakes[0].probability == pytest.approx(0.9)
    assert rows.mistakes[0].of_label == pytest.approx(0.05)
    assert [one.row for one in rows.doubts] == ["3"]  # 0.5 and 0.45
    assert rows.counts[:2] == (3, 1)


@pytest.mark.parametrize("seed", range(3))
def test_doubtful_labels_are_those_of_cleanlab(seed):
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


def test_a_class_without_rows_is_no_ones_label():
    assert doubtful_labels(table_of([[0.4, 0.1, 0.5]] * 4, [0, 0, 0, 0])).tolist() == []


def test_long_texts_are_cut_and_lists_end(monkeypatch):
    monkeypatch.setattr(telling_rows, "MOST_ROWS", 6)
    texts = ["long " * 1000] * 40
    rows = TellingRows.of(report_of(texts=texts, pairs=["second"] * 40))
    assert len(rows.mistakes) == 2 < rows.counts[0]
    assert rows.mistakes[0].text.endswith("… ¶ second")
    assert len(rows.mistakes[0].text) < 800


def test_rows_of_several_labels_have_none():
    several = report_of().predictions
    table = PredictionTable(several.names, several.places, np.eye(2)[several.true], several.outputs)
    assert TellingRows.of(report_of(predictions=table)) is None
    assert TellingRows.of(report_of(predictions=None)) is None
