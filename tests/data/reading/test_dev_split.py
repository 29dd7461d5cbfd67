import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert import read_examples
from kbert.data.reading.dev_split import split_by_text
from kbert.data.reading.examples import Examples
from kbert.data.reading.split_units import SplitUnits
from kbert.errors import InputError
from kbert.targets.labels import Labels
from kbert.utils.equal_texts import bare_text

OLD = Path(__file__).parents[1] / "formats" / "0.1"
SHARES = st.floats(0.05, 0.6)
SEEDS = st.integers(0, 2**32 - 1)
# Few texts and classes, so that many rows have equal texts, some with several labels.
ROWS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3)), min_size=1, max_size=120)


def split(rows, share, seed):
    label_ids = np.array([label for _, label in rows], np.int32)
    units = SplitUnits.find([f"text {text}" for text, _ in rows], seed)
    return split_by_text(units, label_ids, share).tolist()


@given(ROWS, SHARES, SEEDS)
@settings(deadline=None)
def test_equal_texts_are_on_one_side(rows, share, seed):
    in_dev = split(rows, share, seed)
    sides = defaultdict(set)
    for (text, _), side in zip(rows, in_dev, strict=True):
        sides[text].add(side)
    assert all(len(side) == 1 for side in sides.values())


@given(ROWS, SHARES, SEEDS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_same_texts_are_set_aside_whatever_the_row_order(rows, share, seed, random):
    chosen = {text for (text, _), side in zip(rows, split(rows, share, seed), strict=True) if side}
    shuffled = random.sample(rows, len(rows))
    again = {
        text for (text, _), side in zip(shuffled, split(shuffled, share, seed), strict=True) if side
    }
    assert again == chosen
    assert split(rows, share, seed) == split(rows, share, seed)


@given(ROWS, SHARES, SEEDS)
@settings(deadline=None)
def test_every_class_is_trained_on_and_near_its_share(rows, share, seed):
    in_dev = split(rows, share, seed)
    totals = Counter(label for _, label in rows)
    aside = Counter(label for (_, label), side in zip(rows, in_dev, strict=True) if side)
    size = Counter(text for text, _ in rows)
    for label, total in totals.items():
        assert aside[label] < total
        wanted = min(max(round(total * share), 1), total - 1)
        # No text of this class has more rows than this.
        largest = max(size[text] for text, other in rows if other == label)
        pure = all(
            label == other
            for text, other in rows
            if any(text == t and label == lab for t, lab in rows)
        )
        if pure:
            assert abs(aside[label] - wanted) <= largest


@given(st.lists(st.integers(1, 40), min_size=1, max_size=5), SHARES, SEEDS)
@settings(deadline=None)
def test_different_texts_are_divided_exactly(counts, share, seed):
    rows = [(n, label) for label, count in enumerate(counts) for n in range(count)]
    rows = [(place, label) for place, (_, label) in enumerate(rows)]
    aside = Counter(
        label for (_, label), s in zip(rows, split(rows, share, seed), strict=True) if s
    )
    for label, count in enumerate(counts):
        assert aside[label] == (min(max(round(count * share), 1), count - 1) if count > 1 else 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_large_group_is_set_aside_if_it_brings_a_class_closer(seed):
    # 10 of the 32 rows of class 0 are wanted: its texts occur 20 and 12 times. Of the 10 rows of
    # class 1, whose texts occur 5 times each, one text is wanted on each side.
    rows = [*[(0, 0)] * 20, *[(1, 0)] * 12, *[(2, 1)] * 5, *[(3, 1)] * 5]
    aside = Counter(text for (text, _), s in zip(rows, split(rows, 0.3, seed), strict=True) if s)
    assert (aside[0], aside[1]) == (0, 12)
    assert sorted((aside[2], aside[3])) == [0, 5]


def test_one_text_per_class_cannot_be_divided():
    whole = read_examples((["a", "A ", "b", "b"] * 5, ["x", "x", "y", "y"] * 5))
    with pytest.raises(InputError, match="two classes with two different texts. Received: 20 rows"):
        whole.split(0.2)


def test_a_text_written_in_several_ways_is_one_text():
    texts = [form for n in range(40) for form in (f"Film {n}", f"film  {n} ", f"Ｆilm {n}")]
    whole = read_examples((texts, ["x", "y", "y"] * 40))
    training, dev = whole.split(0.25, 3)
    assert not {*map(bare_text, training.texts)} & {*map(bare_text, dev.texts)}
    assert len(training) + len(dev) == 120
    assert np.bincount(dev.label_ids).tolist() == [10, 20]


def test_pairs_are_kept_together_as_a_whole():
    firsts = ["same"] * 60
    seconds = [f"other {n % 20}" for n in range(60)]
    whole = read_examples((firsts, seconds, ["x", "y", "y"] * 20))
    training, dev = whole.split(0.25)
    assert not set(training.pairs) & set(dev.pairs)
    assert len(dev) == pytest.approx(15, abs=3)


@pytest.mark.parametrize("name", ["run", "stopped-torch"])
def test_the_split_of_kbert_0_1_matches_its_runs(name):
    record = json.loads((OLD / name / "run.json").read_text(encoding="utf-8"))["data"]
    whole = read_examples(OLD / "reviews.csv")
    training, dev = whole.split_as_in_0_1(0.2, 3)
    assert dev.fingerprint == record["dev"]["sha256"]
    assert training.fingerprint == record["train"]["sha256"]


def test_a_million_rows():
    number = 1_000_000
    numbers = np.arange(number)
    whole = Examples(
        [f"A text that is number {n}" for n in numbers % 900_000],
        label_ids=(numbers % 900_000 % 20).astype(np.int32),
        labels=Labels(tuple(map(str, range(20)))),
    )
    assert len(whole.split(0.1)[1]) == 100_000
