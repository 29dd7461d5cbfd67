import math
from itertools import groupby, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.data.inspection.class_order import SHUFFLE_BUFFER, class_order
from kbert.data.inspection.shuffle_buffer import simulate_shuffle_buffer

SIZES = ([1, 1], [2, 2], [3, 3], [5, 2], [1, 6], [2, 2, 2], [3, 2, 1], [4, 1, 1, 1], [1] * 5)


def runs_of(labels):
    return len(list(groupby(labels)))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_mean_and_variance_are_those_of_all_permutations(sizes):
    labels = np.repeat(np.arange(len(sizes)), sizes)
    runs = np.array([runs_of(order) for order in permutations(labels)])
    found = class_order(labels)
    assert (found.runs, found.classes) == (len(sizes), len(sizes))
    assert found.expected_runs == pytest.approx(runs.mean())
    z = (len(sizes) - runs.mean()) / runs.std() if runs.std() > 0 else 0
    assert found.z == pytest.approx(z, abs=1e-6)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
@settings(deadline=None)
def test_any_order(labels):
    found = class_order(np.array(labels))
    assert found.runs == runs_of(labels)
    assert found.classes == len(set(labels))
    assert found.tail_classes == len(set(labels[-max(round(len(labels) / 10), 1) :]))
    assert 1 <= found.expected_runs <= len(labels)
    assert found.is_clustered or not found.is_sorted


@pytest.mark.parametrize("classes", [2, 7, 50])
def test_sorted_clustered_and_random_rows(classes):
    labels = np.repeat(np.arange(classes), 2100 // classes)
    random = np.random.default_rng(classes).permutation(labels)
    blocks = labels.reshape(classes, -1, 6).swapaxes(0, 1).ravel()  # six of a class in turn
    orders = {"sorted": labels, "blocks": blocks, "random": random}
    found = {name: class_order(order) for name, order in orders.items()}
    assert {name: (order.is_sorted, order.is_clustered) for name, order in found.items()} == {
        "sorted": (True, True),
        "blocks": (False, True),
        "random": (False, False),
    }
    assert found["blocks"].runs == len(labels) // 6
    for order in found.values():
        mean = 1 + (len(labels) - 1) * (1 - (2100 // classes - 1) / (len(labels) - 1))
        assert order.expected_runs == pytest.approx(mean)
    assert not found["random"].tail_lacks_classes
    assert found["sorted"].tail_lacks_classes
    assert found["sorted"].tail_classes == -(-classes // 10)


def test_small_classes_are_sorted_only_if_nearly_all_are_together():
    pairs = np.repeat(np.arange(100), 2)
    assert class_order(pairs).is_sorted
    apart = np.concatenate([pairs[:100], np.arange(50, 100), np.arange(50, 100)])
    found = class_order(apart)  # 150 runs of 100 classes: fewer than two per class
    assert (found.runs, found.is_sorted, found.is_clustered) == (150, False, True)


def test_a_large_class_is_not_mistaken_for_an_order():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1], [1950, 50]))
    assert not class_order(labels).is_clustered


def test_the_classes_of_batches_of_32():
    labels = np.repeat(np.arange(4), 96)
    found = class_order(labels)
    assert found.batch_classes == 1  # 96 is 3 * 32
    lacking = math.comb(288, 32) / math.comb(384, 32)
    assert found.batch_classes_by_chance == pytest.approx(4 * (1 - lacking))
    buffered = simulate_shuffle_buffer(labels, SHUFFLE_BUFFER, 32)
    assert found.batch_classes_buffered == np.mean((buffered.counts > 0).sum(axis=1))


@pytest.mark.parametrize("rows", [20, 30, 60, 200, 500])
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_a_tail_in_a_random_order_hardly_ever_lacks_classes(rows, classes):
    labels = np.arange(rows) % classes
    random = np.random.default_rng(0)
    orders = [class_order(random.permutation(labels)) for _ in range(200)]
    assert sum(order.tail_lacks_classes for order in orders) <= 0.02 * 200


def test_the_tail_of_a_random_order():
    # Two classes, of 1 and of 30 rows, are absent from a random tenth by these chances.
    absent = np.array([0.9, 0.9**30])
    found = class_order(np.repeat([0, 1], [1, 30]))
    expected, deviation = sum(1 - absent), sum(absent * (1 - absent)) ** 0.5
    assert found.expected_tail_classes == pytest.approx(expected)
    # Half a class more, because a number of classes is whole.
    assert found.least_tail_classes == pytest.approx(expected - 3 * deviation - 0.5)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
@settings(deadline=None)
def test_a_tail_lacks_classes_below_the_lower_bound_of_chance(labels):
    found = class_order(np.array(labels))
    assert found.least_tail_classes <= found.expected_tail_classes
    assert found.tail_lacks_classes == (found.tail_classes < found.least_tail_classes)


def test_one_row_and_one_class():
    for labels in ([0], [3, 3, 3]):
        found = class_order(np.array(labels))
        assert (found.runs, found.expected_runs, found.z, found.classes) == (1, 1, 0, 1)
        assert not found.is_clustered
