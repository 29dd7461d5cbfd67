"""The bytes that each of a million rows in shards takes; benchmarks/shard_scale.py has times."""

import tracemalloc
from functools import partial

import numpy as np
import pytest

from benchmarks.shard_scale import make_ids
from kbert import ShardedTokenStore
from kbert.data.epoch_order import choose_widths
from kbert.data.pooled_layout import pooled_layout
from kbert.data.shards.stored_examples import StoredExamples
from kbert.data.shards.stored_findings import stored_findings

ROWS = 10**6
MOST = 20  # bytes per row, so that a hundred million take less than two gigabytes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scale") / "store"
    make_ids(ROWS, str(folder))
    return folder


def test_a_million_rows_take_few_bytes_each(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) < 30 * ROWS
    tracemalloc.start()
    try:
        store = ShardedTokenStore.open(folder, shuffle_window=2)
        assert stored_findings(StoredExamples.of(store), 32)[0].code == "window-uneven"
        planned = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        layout = pooled_layout(
            store.lengths,
            partial(choose_widths, store.lengths),
            batch_size=32,
            grouped=True,
            windows=store.window_order,
        )
        tokens = [store[int(row)][0] for row in layout.rows[0]]
        begun = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [len(ids) for ids in tokens] == store.lengths[layout.rows[0]].tolist()
    # A shard that is opened is compared with its checksum, whatever the number of shards.
    shards = 2 * max(shard.bytes + 8 * shard.rows for shard in store.index.shards)
    fixed = 2**25
    assert planned < MOST * ROWS + fixed
    assert begun < MOST * ROWS + fixed + shards
    held = store.lengths.nbytes + store.labels.nbytes
    assert held <= 3 * ROWS
    assert np.concatenate(layout.rows[:100]).max() < ROWS
