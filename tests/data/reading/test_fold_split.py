from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import InputError, read_examples
from kbert.data.reading.fold_split import fold_numbers
from kbert.data.reading.split_units import SplitUnits

ROWS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 20), st.integers(0, 2)), min_size=4, max_size=80
)


def folds_of(rows, k, seed=0):
    units = SplitUnits.find([f"t{t}" for t, _, _ in rows], seed, np.array([g for _, g, _ in rows]))
    return fold_numbers(units, np.array([label for _, _, label in rows]), k).tolist()


@given(ROWS, st.integers(2, 6), st.integers(0, 99), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_texts_and_groups_are_in_one_fold_whatever_the_row_order(rows, k, seed, random):
    folds = folds_of(rows, k, seed)
    assert set(folds) <= set(range(k))
    places = defaultdict(set)
    for (text, group, _), fold in zip(rows, folds, strict=True):
        places["text", text].add(fold)
        places["group", group].add(fold)
    assert all(len(found) == 1 for found in places.values())
    shuffled = random.sample(rows, len(rows))
    assert dict(zip(shuffled, folds_of(shuffled, k, seed), strict=True)) == dict(
        zip(rows, folds, strict=True)
    )


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(2, 7), st.integers(0, 99))
@settings(deadline=None)
def test_different_texts_are_divided_evenly(counts, k, seed):
    rows = [(label, n) for label, count in enumerate(counts) for n in range(count)]
    rows = [(place, place, label) for place, (label, _) in enumerate(rows)]
    folds = folds_of(rows, k, seed)
    by_class = Counter((label, fold) for (_, _, label), fold in zip(rows, folds, strict=True))
    for label, count in enumerate(counts):
        of_class = [by_class[label, fold] for fold in range(k)]
        assert max(of_class) - min(of_class) <= 1, (count, of_class)


def test_each_row_is_held_out_once():
    labels = ["a", "b", "b"] * 20
    whole = read_examples(([f"Text {n}" for n in range(60)], labels))
    folds = whole.folds(4, seed=3)
    assert sorted(row for _, dev in folds for row in dev.rows.tolist()) == list(range(1, 61))
    for training, dev in folds:
        assert not set(training.texts) & set(dev.texts)
        assert np.bincount(dev.label_ids).tolist() == [5, 10]
    assert [dev.texts for _, dev in whole.folds(4, seed=4)] != [dev.texts for _, dev in folds]


@pytest.mark.parametrize("folds", [1, 0, -1, 61, True, 2.0, "3"])
def test_an_impossible_number_of_folds_is_refused(folds):
    whole = read_examples(([f"Text {n}" for n in range(60)], ["a", "b"] * 30))
    with pytest.raises(InputError, match="folds. must be from 2 to 60, the number of different"):
        whole.folds(folds)
