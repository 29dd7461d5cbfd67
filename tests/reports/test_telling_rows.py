"""The most telling rows, checked by hand."""

import numpy as np
import pytest
from reports.hand_made import report_of

from kbert.reports import telling_rows
from kbert.reports.telling_rows import TellingRows
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


def test_long_texts_and_lists_are_cut(monkeypatch):
    monkeypatch.setattr(telling_rows, "MOST_ROWS", 6)
    texts = ["long " * 1000] * 40
    rows = TellingRows.of(report_of(texts=texts, pairs=["second"] * 40))
    assert len(rows.mistakes) == 2 < rows.counts[0]
    assert rows.mistakes[0].text.endswith("… ¶ second")
    assert len(rows.mistakes[0].text) < 800


def test_several_labels_have_no_telling_rows():
    several = report_of().predictions
    table = PredictionTable(several.names, several.places, np.eye(2)[several.true], several.outputs)
    assert TellingRows.of(report_of(predictions=table)) is None
    assert TellingRows.of(report_of(predictions=None)) is None
