"""How a batch is divided among devices and processes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert.backend.batch_share import ALONE, BatchShare


def shares(devices_each, processes):
    return [
        BatchShare(devices_each * processes, processes, process) for process in range(processes)
    ]


@given(rows=st.integers(1, 40), devices=st.integers(1, 4), processes=st.integers(1, 4))
def test_parts_make_up_the_batch_in_order(rows, devices, processes):
    batch = np.arange(rows)
    every = shares(devices, processes)
    parts = [share.part(batch) for share in every]
    whole = np.concatenate(parts)

    assert len({len(part) for part in parts}) == 1
    assert len(whole) % (devices * processes) == 0
    assert len(whole) - rows < devices * processes
    assert whole[:rows].tolist() == batch.tolist()
    assert every[0].are_rows([rows]).tolist() == [True] * rows + [False] * (len(whole) - rows)


@given(
    losses=st.lists(st.floats(-8, 8), min_size=1, max_size=20),
    devices=st.integers(1, 4),
    processes=st.integers(1, 3),
    weighted=st.booleans(),
)
def test_the_mean_of_a_padded_batch_is_that_of_its_rows(losses, devices, processes, weighted):
    rows = np.array(losses, np.float32)
    weights = np.linspace(0.5, 2, len(rows)).astype(np.float32) if weighted else None
    every = shares(devices, processes)
    of_parts = [
        share.part(rows) * share.weights(len(rows), weights)  # as Keras weighs a loss
        for share in every
    ]
    expected = np.mean(rows * (1 if weights is None else weights))

    assert np.concatenate(of_parts).mean() == pytest.approx(expected, abs=1e-5)


def test_by_hand():
    share = BatchShare(devices=4, processes=2, process=1)

    assert share.part(np.array([10, 11, 12, 13, 14, 15])).tolist() == [14, 15, 15, 15]
    # Eight rows with the two added ones, so each of the six weighs 8 / 6.
    assert share.weights(6).tolist() == pytest.approx([8 / 6, 8 / 6, 0, 0])
    assert share.are_rows([6, 4]).sum() == 10


def test_one_device_leaves_batches_unchanged():
    batch = np.arange(5)
    assert ALONE.part(batch).tolist() == batch.tolist()
    assert ALONE.weights(5).tolist() == [1] * 5


def test_the_mean_of_an_evaluation_by_hand():
    """Batches of 4 and 1 rows on two devices, whose losses Keras weighs by 4 and 2 rows."""
    share = BatchShare(devices=2)
    scale = share.scale_of_mean([4, 1])
    first = np.mean(share.part(np.array([1, 2, 3, 4])) * share.weights(4, scale=scale))
    second = np.mean(share.part(np.array([10])) * share.weights(1, scale=scale))

    assert (4 * first + 2 * second) / 6 == pytest.approx((1 + 2 + 3 + 4 + 10) / 5)
