from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.inspection.duplicates import Duplicates, find_duplicates, overlap, text_keys
from kbert.data.reading.examples import Examples

TEXTS = st.lists(st.sampled_from(["a", "A", " a ", "a b", "A\tb", "ab", "STRASSE", "straße"]))


def same(text):
    return " ".join(text.split()).casefold()


def duplicates_of(texts, labels=None, pairs=None):
    ids = None if labels is None else np.array(labels)
    return find_duplicates(text_keys(Examples(texts, pairs)), ids)


@pytest.mark.parametrize(
    ("texts", "labels", "expected"),
    [
        (["one", "two", "three"], [0, 1, 0], (0, 0, None)),
        (["one", "two", "one"], [0, 1, 0], (1, 0, None)),
        (["one", "two", "One ", "  ONE"], [0, 1, 0, 0], (2, 0, None)),
        (["one", "two", "one"], [0, 1, 1], (1, 2, (0, 2))),
        (["x", "one", "one", "one", "y", "y"], [0, 1, 1, 0, 1, 1], (3, 3, (1, 3))),
        (["one", "one"], None, (1, 0, None)),
        (["one"], [0], (0, 0, None)),
    ],
    ids=str,
)
def test_by_hand(texts, labels, expected):
    assert duplicates_of(texts, labels) == Duplicates(*expected)


@given(TEXTS.filter(bool), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_as_a_dict_would_count_them(texts, random):
    labels = [random.randrange(3) for _ in texts]
    groups = defaultdict(list)
    for row, text in enumerate(texts):
        groups[same(text)].append(row)
    mixed = [rows for rows in groups.values() if len({labels[row] for row in rows}) > 1]
    found = duplicates_of(texts, labels)
    assert found.repeated == len(texts) - len(groups)
    assert found.conflicting == sum(map(len, mixed))
    assert (found.conflict is None) == (not mixed)
    if mixed:
        rows = min(mixed)  # the group whose first row comes first in the file
        second = next(row for row in rows if labels[row] != labels[rows[0]])
        assert found.conflict == (rows[0], second)


def test_a_pair_is_the_same_only_if_both_texts_are():
    assert duplicates_of(["a", "a", "b"], pairs=["x", "y", "x"]).repeated == 0
    assert duplicates_of(["a", "A", "b"], pairs=["x", "x ", "x"]).repeated == 1
    assert duplicates_of(["a b", "a"], pairs=["c", "b c"]).repeated == 0


@given(TEXTS, TEXTS)
@settings(deadline=None)
def test_rows_that_occur_in_both_sets_are_counted(texts, others):
    known = {same(text) for text in texts}
    keys, other_keys = text_keys(Examples(texts)), text_keys(Examples(others))
    assert overlap(keys, other_keys) == sum(same(text) in known for text in others)


def test_the_conflict_shown_is_the_first_in_the_file():
    texts = [f"text {row}" for row in range(200)]
    found = duplicates_of(texts * 2, [0] * 200 + [1] * 200)
    assert found == Duplicates(200, 400, (0, 200))
