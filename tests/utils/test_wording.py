import numpy as np
import pytest

from kbert.utils.wording import count_list, count_noun, duration


@pytest.mark.parametrize(
    ("number", "nouns", "expected"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (2000, ("row",), "2,000 rows"),
        (1_234_567, ("bad row",), "1,234,567 bad rows"),
        (0, ("batch", "batches"), "0 batches"),
        (1, ("batch", "batches"), "1 batch"),
        (3000, ("batch", "batches"), "3,000 batches"),
        (np.int64(1), ("update",), "1 update"),
        (np.int64(1000), ("update",), "1,000 updates"),
    ],
    ids=str,
)
def test_a_number_with_its_noun(number, nouns, expected):
    assert count_noun(number, *nouns) == expected


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.6, "1 min 0 s"),
        (61, "1 min 1 s"),
        (3600, "1 h 0 min"),
        (7325, "2 h 2 min"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_a_list_of_counts_has_the_largest_and_the_smallest():
    assert count_list({}) == ""
    assert count_list({"b": 1, "a": 2000}) == "b 1, a 2,000"
    counts = {name: place for place, name in enumerate("abcdefgh", start=1)}
    assert count_list(counts) == "h 8, g 7, f 6, e 5, d 4, ... 2 more ..., a 1"
    del counts["h"]
    assert count_list(counts) == "a 1, b 2, c 3, d 4, e 5, f 6, g 7"
