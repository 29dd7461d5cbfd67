import numpy as np
import pytest

from kbert import InputError
from kbert.linear.sizes import check_outputs, encoder_rows, max_terms, tf_idf_dev_rows, tf_idf_rows


@pytest.fixture(autouse=True)
def _a_second_is_free(monkeypatch):
    monkeypatch.setattr("kbert.linear.sizes._FREE_TOKENS", 2**13)


def lengths(rows, tokens=50):
    return np.full(rows, tokens, np.int32)


@pytest.mark.parametrize(
    ("rows", "tokens", "classes", "expected"),
    [
        (500, 50, 2, 500),
        (2_000_000, 20, 2, 100_000),
        (100_000, 512, 2, 2**14),
        # 2^26 products of 2 * 100 terms and 77 classes.
        (50_000, 100, 77, 4357),
    ],
)
def test_rows_of_tf_idf(rows, tokens, classes, expected):
    assert tf_idf_rows(lengths(rows, tokens), classes) == expected


def test_the_other_bounds():
    assert tf_idf_dev_rows(lengths(7), 2) == 7
    assert tf_idf_dev_rows(lengths(10**6), 2) == 100_000
    assert tf_idf_dev_rows(lengths(10**5, 512), 2) == 2**14
    assert tf_idf_dev_rows(lengths(10**5), 2000) == 8388
    assert max_terms(2) == 2**20
    check_outputs(2000)
    with pytest.raises(InputError, match="2,000 classes are fitted in seconds. Received: 2,001"):
        check_outputs(2001)


@pytest.mark.parametrize(
    ("rows", "dev", "epochs", "expected"),
    [
        # A long plan: the most rows. 3,000 of 3 * (3 * 100,000 + 5,000) rows.
        (100_000, 5000, 3, (2000, 1000, 3000 / 915_000)),
        # 5% of 3 * (3 * 1000 + 200) rows are 480: 2/5 each of 1000 and 200.
        (1000, 200, 3, (400, 80, 0.05)),
        # A second's worth whatever the plan: 8192 tokens are 163 rows.
        (100, 20, 1, (100, 20, 120 / 320)),
        (2000, 1000, None, (2000, 1000, None)),
        (30, 10, None, (30, 10, None)),
    ],
)
def test_rows_of_the_encoder(rows, dev, epochs, expected):
    *counts, share = encoder_rows(lengths(rows), lengths(dev), epochs)
    assert tuple(counts) == expected[:2]
    assert share == pytest.approx(expected[2])


def test_too_few_rows_for_the_encoder():
    with pytest.raises(
        InputError, match="within 5% of the planned computation there are 11 training"
    ):
        encoder_rows(lengths(100, 512), lengths(50, 512), 1)
