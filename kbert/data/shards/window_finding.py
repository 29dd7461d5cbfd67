"""Whether windows of several shards mix the classes as well as a full shuffle does."""

import bisect

import numpy as np

from kbert.data.inspection.shuffle_buffer import ShuffledBatches
from kbert.data.keyed_permutation import KeyedPermutation, Permutation
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.shards.window_order import WindowOrder
from kbert.findings import Cure, Finding

_BATCHES = 1000  # examined, from all parts of an epoch
_CODE = "window-uneven"


def simulate_window(store: ShardedTokenStore, window: int, batch_size: int) -> ShuffledBatches:
    """Return the classes in batches of the first epoch, whose rows are shuffled in windows.

    Args:
        store: ShardedTokenStore, with one class for each row.
        window: int. Shards per window; a window of all shards is a full shuffle.
        batch_size: int.
    """
    bits = np.random.PCG64(np.random.SeedSequence([0, 0]))
    rows = [shard.rows for shard in store.index.shards]
    order: Permutation = KeyedPermutation(len(store), bits)
    if window < len(rows):
        order = WindowOrder(rows, window, bits)
    total = max(1, len(store) // batch_size)
    steps = np.linspace(0, total - 1, min(total, _BATCHES)).astype(np.int64)
    size = min(batch_size, len(store))
    places = steps[:, None] * size + np.arange(size)
    assert store.labels is not None
    labels = store.labels[order(places.reshape(-1))].astype(np.int64)
    classes = int(store.labels.max()) + 1
    return ShuffledBatches.of(iter(labels.reshape(-1, size)), classes)


def window_finding(store: ShardedTokenStore, batch_size: int) -> Finding | None:
    """Return the finding that a larger window is needed, for example if rows are sorted by class.

    The unevenness of batches is compared with that of a full shuffle, as `recommend_shuffle_buffer`
    does for a shuffle buffer.

    Args:
        store: ShardedTokenStore.
        batch_size: int.
    """
    shards = len(store.index.shards)
    if store.shuffle_window >= shards or not store.target.takes_names or store.labels is None:
        return None
    full = simulate_window(store, shards, batch_size)
    found = simulate_window(store, store.shuffle_window, batch_size)
    if found.unevenness <= full.max_unevenness:
        return None
    sizes = []
    size = store.shuffle_window
    while (size := 2 * size) < shards:
        sizes.append(size)
    sizes.append(shards)
    at = bisect.bisect_left(
        sizes[:-1],
        True,
        key=lambda size: simulate_window(store, size, batch_size).unevenness <= full.max_unevenness,
    )
    return Finding(
        _CODE,
        "warning",
        "Rows are shuffled in windows of {window} of {shards} shards, and rows of a class lie "
        "together: the class shares of a batch of {rows} are {uneven:.1%} off on average, "
        "against {by_chance:.1%} in a full shuffle. On average it contains {classes:.1f} "
        "classes, against {all:.1f} in a full shuffle.",
        Cure({"shuffle_window": sizes[at]}, note="which needs this many shards on disk at a time"),
        {
            "window": store.shuffle_window,
            "shards": shards,
            "rows": batch_size,
            "uneven": found.unevenness,
            "by_chance": full.unevenness,
            "classes": found.classes,
            "all": full.classes,
        },
    )
