"""Histograms of text lengths."""

import numpy as np
import pytest

from kbert.results.length_histogram import LengthHistogram


@pytest.mark.parametrize("most", [1, 3, 31, 32, 33, 100, 128, 512, 8000])
def test_every_text_is_counted_once_and_the_longest_in_the_last_bar(most):
    lengths = np.random.default_rng(0).integers(0, most + 9, 500)
    found = LengthHistogram.of(lengths, most)
    read = np.minimum(lengths, most)
    expected, _ = np.histogram(read, bins=found.edges)
    assert found.counts == tuple(expected)
    assert len(found.counts) <= 32
    assert (found.rows, found.full) == (500, (lengths >= most).sum())
    assert found.mean == pytest.approx(read.mean())
    assert LengthHistogram.from_dict(found.to_dict()) == found


@pytest.mark.parametrize("changes", [{"counts": []}, {"counts": [-1]}, {"most": 0}, {"full": None}])
def test_invalid_histograms_are_refused(changes):
    values = {**LengthHistogram.of([1, 2], 4).to_dict(), **changes}
    with pytest.raises((TypeError, ValueError)):
        LengthHistogram.from_dict(values)
