"""Which rows form which batch of an epoch: pure functions, the same everywhere."""

import numpy as np

from kbert.utils.counts import check_count

_POOL = 50  # batches whose rows are sorted by length together
_CHUNK = 2**20  # numbers in memory at a time

MAX_ROWS_AT_ONCE = 2**20
"""With more rows, the batches of an epoch are not computed all at once, which takes half a second
per epoch for a million rows and seven for ten million; see `benchmarks/epoch_order.py`."""


def epoch_order(
    seed: int,
    epoch: int,
    lengths: np.ndarray,
    batch_size: int,
    *,
    drop_remainder: bool = False,
) -> list[np.ndarray]:
    """Return the batches of an epoch: a full permutation of the rows, grouped by length.

    The rows are permuted, cut into pools of up to 50 batches, sorted by length within each pool and
    cut into batches; then the batches are permuted. A batch therefore holds rows of similar length,
    and hardly any padding is computed.

    The result depends on the arguments alone: it uses only the raw bits of PCG64, whose stream
    NumPy guarantees, and stable sorts. Only (seed, epoch, batch) has to be stored to resume in the
    middle of an epoch.

    `Batches` uses this order for up to 2^20 rows. With more rows, it computes a similar order, a
    pool at a time.

    Args:
        seed: int, 0 or more.
        epoch: int, counted from 0.
        lengths: int array [rows]. Tokens of each row.
        batch_size: int. Rows per batch.
        drop_remainder: bool. Leave out the rows that do not fill a batch, a different random
            choice each epoch. Defaults to False: one batch is smaller than the others.

    Returns:
        A list of int64 arrays of row numbers.

    Example:

    ```python
    batches = epoch_order(seed=0, epoch=0, lengths=np.array([3, 9, 4, 8]), batch_size=2)
    assert sorted(np.concatenate(batches)) == [0, 1, 2, 3]
    ```
    """
    check_count("batch_size", batch_size)
    lengths = np.asarray(lengths)
    bits = np.random.PCG64(np.random.SeedSequence([seed, epoch]))
    rows = permutation(bits, len(lengths))
    if drop_remainder:
        rows = rows[: len(rows) // batch_size * batch_size]
    total = -(-len(rows) // batch_size)
    pool = pool_of(total) * batch_size
    batches: list[np.ndarray] = []
    for start in range(0, len(rows), pool):
        part = rows[start : start + pool]
        part = part[np.argsort(lengths[part], kind="stable")]
        batches += [part[i : i + batch_size] for i in range(0, len(part), batch_size)]
    return [batches[i] for i in permutation(bits, len(batches))]


def pool_of(batches: int) -> int:
    """Return how many batches of an epoch are sorted by length together."""
    # At most a quarter, or a small set would have the same batches every epoch.
    return max(1, min(_POOL, batches // 4))


def order_version(rows: int) -> int:
    """Return the version of the random order that a new run on this many rows starts with.

    Version 1 is `epoch_order` or `random_order`, as in kbert 0.1; version 2 is `pooled_layout`. A
    run records its version.
    """
    return 1 if rows <= MAX_ROWS_AT_ONCE else 2


def random_order(
    seed: int, epoch: int, rows: int, batch_size: int, *, drop_remainder: bool = False
) -> list[np.ndarray]:
    """Return the batches of an epoch, each a plain random sample, whatever the lengths.

    The arguments are those of `epoch_order`, with the number of rows in place of their lengths.
    """
    check_count("batch_size", batch_size)
    order = permutation(np.random.PCG64(np.random.SeedSequence([seed, epoch])), rows)
    last = rows // batch_size * batch_size if drop_remainder else rows
    return [order[i : min(i + batch_size, last)] for i in range(0, last, batch_size)]


def length_order(lengths: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """Return batches of all rows sorted by length, longest first: the least possible padding."""
    rows = np.argsort(-np.asarray(lengths), kind="stable")
    return [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]


def given_order(rows: int, batch_size: int) -> list[np.ndarray]:
    """Return batches of the rows in their order."""
    return [np.arange(i, min(i + batch_size, rows)) for i in range(0, rows, batch_size)]


def choose_widths(
    lengths: np.ndarray, max_widths: int = 8, multiple: int = 8, min_rows: int = 1
) -> np.ndarray:
    """Return the few widths that cost the fewest tokens when batches are padded to them.

    Each width is one more shape that JAX and XLA compile. Of all sets of at most `max_widths`
    multiples of `multiple` whose last one holds the longest row, this is the one with the smallest
    sum, over rows, of the narrowest width that holds the row.

    Args:
        lengths: int array [rows].
        max_widths: int. The maximum number of widths. Defaults to 8.
        multiple: int. Each width is a multiple of it. Defaults to 8.
        min_rows: int. A width that fewer rows need is left out, and those rows take the next one:
            it would occur only in some epochs, and be compiled in the middle of a run. Defaults
            to 1.
    """
    lengths = np.asarray(lengths)
    size = -(-int(lengths.max(initial=0)) // multiple) + 1
    by_length = np.zeros(int(lengths.max(initial=0)) + 1, np.int64)
    for start in range(0, len(lengths), _CHUNK):
        by_length += np.bincount(lengths[start : start + _CHUNK], minlength=len(by_length))
    counts = np.zeros(size, np.int64)
    np.add.at(counts, -(-np.arange(len(by_length)) // multiple), by_length)
    rows_up_to = np.cumsum(counts)
    # cost[j]: the least cost of the rows of up to j steps, if the widest width is j.
    cost = np.arange(size) * rows_up_to
    choice = [np.zeros(size, int)]
    for _ in range(max_widths - 1):
        step_cost = np.arange(size) * (rows_up_to[None, :] - rows_up_to[:, None])
        total = np.where(np.tri(size, k=-1, dtype=bool).T, cost[:, None] + step_cost, np.inf)
        total[0] = np.arange(size) * rows_up_to  # no narrower width at all
        choice.append(total.argmin(axis=0))
        cost = total.min(axis=0)
    widths, at = [], size - 1
    for previous in reversed(choice):
        widths.append(at)
        at = int(previous[at])
        if at == 0:
            break
    widths.sort()
    rows = np.diff(rows_up_to[widths], prepend=0)
    return (
        np.array([w for w, n in zip(widths, rows, strict=True) if n >= min_rows or w == size - 1])
        * multiple
    )


def permutation(bits: np.random.PCG64, size: int) -> np.ndarray:
    """Return the next permutation of 0 to size - 1, the same with every version of NumPy."""
    return np.argsort(bits.random_raw(size), kind="stable") if size else np.zeros(0, np.int64)


def sample_order(bits: np.random.PCG64, size: int, count: int) -> np.ndarray:
    """Return the first `count` of `permutation(bits, size)`, without all of it in memory."""
    if size <= max(_CHUNK, 4 * count):
        return permutation(bits, size)[:count]
    # Only the smallest random numbers are needed: a bound that leaves more than enough of them.
    bound = min(2**64 - 1, int(2**64 / size * (count + 20 * count**0.5 + 100)))
    places, numbers = [], []
    for start in range(0, size, _CHUNK):
        drawn = bits.random_raw(min(_CHUNK, size - start))
        found = np.flatnonzero(drawn < bound)
        places.append(start + found)
        numbers.append(drawn[found])
    return np.concatenate(places)[np.argsort(np.concatenate(numbers), kind="stable")[:count]]
