import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.columns import Columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.rows import BadRow
from kbert.errors import KbertError
from kbert.findings import Cure, Problem
from kbert.targets.labels import Labels


def examples_of(values, **changes):
    labels = Labels.from_values(values)
    texts = [f"text {row}" for row in range(len(values))]
    return replace(
        Examples(texts, label_ids=labels.encode(values), labels=labels, source="a.csv"), **changes
    )


@pytest.mark.parametrize("seed", [0, 1, 2**32 - 1])
def test_a_split_is_stratified_and_keeps_the_order(seed):
    whole = examples_of(["a"] * 300 + ["b"] * 100 + ["c"] * 20)
    whole = replace(whole, pairs=[f"pair {row}" for row in range(420)])
    train, dev = whole.split(0.1, seed)
    assert np.bincount(train.label_ids).tolist() == [270, 90, 18]
    assert np.bincount(dev.label_ids).tolist() == [30, 10, 2]
    for part in (train, dev):
        rows = [int(text.removeprefix("text ")) for text in part.texts]
        assert rows == sorted(rows)
        assert part.pairs == [f"pair {row}" for row in rows]
        assert part.label_ids.tolist() == whole.label_ids[rows].tolist()
        assert part.labels is whole.labels
    assert sorted([*train.texts, *dev.texts]) == sorted(whole.texts)


def test_a_split_is_a_function_of_the_rows_and_the_seed():
    whole = examples_of(["a", "b"] * 50)
    first, again, other = (whole.split(0.2, seed)[1].texts for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_class_of_one_row_goes_to_the_training_set():
    whole = examples_of(["rare", *["a", "b"] * 20])
    for seed in range(5):
        train, dev = whole.split(0.1, seed)
        assert "text 0" in train.texts
        assert dev.labels.names == ("a", "b", "rare")
        assert (len(train), len(dev)) == (37, 4)


@given(st.lists(st.integers(1, 30), min_size=2, max_size=5), st.floats(0.05, 0.95))
@settings(deadline=None)
def test_a_split_has_every_class_in_proportion_on_both_sides(counts, share):
    whole = examples_of([str(label) for label, count in enumerate(counts) for _ in range(count)])
    if sum(count > 1 for count in counts) < 2:
        with pytest.raises(KbertError, match="two classes with two different texts"):
            whole.split(share)
        return
    train, dev = whole.split(share)
    assert len(train) + len(dev) == len(whole)
    for label, count in enumerate(counts):
        in_dev = int((dev.label_ids == label).sum())
        assert in_dev == (min(max(round(count * share), 1), count - 1) if count > 1 else 0)


def test_tens_of_thousands_of_classes_are_split_quickly():
    names = [f"c{number}" for number in range(20_000)] * 2
    started = time.process_time()
    train, dev = examples_of(names).split(0.1)
    assert time.process_time() - started < 2  # class by class it takes 4 s
    assert np.array_equal(np.sort(dev.label_ids), np.arange(20_000))
    assert np.array_equal(np.sort(train.label_ids), np.arange(20_000))


def test_the_training_part_keeps_the_skipped_rows():
    bad = BadRow("a.csv", 9, 10, Problem("broken", Cure(note="fix it")))
    train, dev = examples_of(["a", "b"] * 20, skipped=(bad,)).split()
    assert (train.skipped, dev.skipped) == ((bad,), ())


@pytest.mark.parametrize(
    ("values", "counts"),
    [
        (["a"] * 20 + ["b"], "21 rows of 2 classes"),
        ([str(n) for n in range(20)], "20 rows of 20 classes"),
    ],
    ids=["one class to divide", "all single"],
)
def test_too_few_rows_are_refused(values, counts):
    with pytest.raises(KbertError) as refusal:
        examples_of(values).split(0.1)
    assert [
        part for part in ("a.csv", counts, 'dev="FILE"') if part not in str(refusal.value)
    ] == []


@pytest.mark.parametrize("share", [0, 1, -0.1, 1.5, float("nan"), "0.1", None, True])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(KbertError, match=r"`dev` must be between 0 and 1\. Received: "):
        examples_of(["a", "b"] * 20).split(share)


def test_rows_without_labels_cannot_be_split():
    with pytest.raises(KbertError, match=r"b\.csv has no labels"):
        Examples(["x"] * 40, source="b.csv").split()


def test_take_gives_rows_in_the_order_asked_for():
    taken = examples_of(["a", "b", "a"]).take(np.array([2, 1]))
    assert (taken.texts, taken.label_ids.tolist(), taken.pairs) == (
        ["text 2", "text 1"],
        [0, 1],
        None,
    )


def test_the_fingerprint_depends_only_on_the_data():
    base = examples_of(["a", "b"], pairs=["p", "q"])
    same = replace(base, source="other.csv", columns=Columns(("x", "y"), 0, label=1))
    assert same.fingerprint == base.fingerprint
    others = [
        replace(base, texts=["text 0", "text 2"]),
        replace(base, pairs=["p", "r"]),
        replace(base, pairs=None),
        replace(base, label_ids=np.array([1, 0], np.int32)),
        replace(base, labels=Labels(("a", "c"))),
        replace(base, label_ids=None, labels=None),
        replace(base, texts=["text 0p", "text 1"], pairs=["", "q"]),
        base.take(np.array([1, 0])),
        base.take(np.array([0])),
    ]
    assert len({base.fingerprint, *(other.fingerprint for other in others)}) == len(others) + 1
    assert len(Examples(["\ud800"]).fingerprint) == 64


def test_str_describes_what_was_read():
    whole = examples_of(["a", "b", "b"], columns=Columns(("text", "label"), 0, label=1))
    assert str(whole) == ("a.csv: 3 rows; text = 'text', label = 'label'; 2 classes (a 1, b 2)")
    assert str(examples_of([*"abcdefgcc"])).endswith(
        "7 classes (a 1, b 1, c 3, d 1, e 1, f 1, g 1)"
    )
    many = [name for name in "abcdefghijkl" for _ in range(1 if name == "b" else 2)]
    assert str(examples_of(many)).endswith(
        "12 classes (a 2, c 2, d 2, e 2, f 2, ... 6 more ..., b 1)"
    )
    assert str(Examples(["x"] * 1000)) == "memory: 1,000 rows"


@pytest.mark.parametrize(
    ("label_ids", "message"),
    [
        ([0, -1], "Received: -1 in row 1, 1 such rows"),
        ([2, 3], "Received: 2 in row 0, 2 such rows"),
        ([0.0, 1.0], "2 integers, one per text. .* dtype float64"),
        ([True, False], "dtype bool"),
        ([0, 1, 0], r"shape \[3\]"),
        ([[0], [1]], r"shape \[2, 1\]"),
    ],
)
def test_label_numbers_must_be_those_of_the_labels(label_ids, message):
    with pytest.raises(KbertError, match=message):
        Examples(["a", "b"], None, np.array(label_ids), Labels(("no", "yes")))
    Examples(["a", "b"], None, np.array([0, 5]))  # without labels no number is too large


def test_label_numbers_may_be_a_list():
    examples = Examples(["a", "b", "a"], label_ids=[1, 0, 0], labels=Labels(("no", "yes")))
    assert examples.take(np.array([2, 0])).label_ids.tolist() == [0, 1]
    assert "conflicting-labels" in [f.code for f in inspect_examples(examples).findings]
