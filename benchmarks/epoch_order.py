"""The cost of an epoch's order: all batches at once (version 1), and a pool at a time (version 2).

Only the order is computed, for int32 lengths from 5 to 128 that are already in memory. The time of
the first batch includes the choice of the widths, which is made once per training run; the time of
a batch is the mean of the 5,000 that follow. The memory is the peak above what the process already
held, lengths included. Each line is measured in a separate process:

    python -m benchmarks.epoch_order
"""

import argparse
import json
import time
from functools import partial

import numpy as np

from benchmarks.memory_use import peak_mb
from benchmarks.sides import in_a_process
from kbert.data.epoch_layout import EpochLayout
from kbert.data.epoch_order import choose_widths
from kbert.data.pooled_layout import pooled_layout

BATCH = 32
ROWS = (10**4, 10**5, 10**6, 10**7, 10**8)
AT_ONCE = 10**7  # more would take minutes and gigabytes
COUNTED = 5000


def lengths_of(rows: int) -> np.ndarray:
    """Return lengths from 5 to 128, using no more memory than they need."""
    lengths = np.empty(rows, np.int32)
    some = np.random.default_rng(0).integers(5, 129, 10**4).astype(np.int32)
    for start in range(0, rows, len(some)):
        part = lengths[start : start + len(some)]
        part[:] = some[: len(part)]
    return lengths


def measure(rows: int, version: int) -> dict[str, float]:
    """Return the seconds to the first batch, the seconds per batch, and the MB of memory."""
    lengths = lengths_of(rows)
    if version == 1:
        build = partial(EpochLayout.build, order="shuffled")
    else:
        build = partial(pooled_layout, grouped=True)
    build(lengths[:1000], lambda size: np.array([128]), batch_size=BATCH)  # triggers lazy loading
    before, started = peak_mb(), time.perf_counter()
    widths = choose_widths(lengths, min_rows=BATCH)
    layout = build(lengths, lambda size: widths, batch_size=BATCH)
    assert len(layout.rows[0]) <= layout.widths[0]
    first = time.perf_counter()
    counted = range(1, min(COUNTED + 1, len(layout.rows)))
    for index in counted:
        assert len(layout.rows[index]) > 0 < layout.widths[index]
    batch = (time.perf_counter() - first) / len(counted)
    return {"first": first - started, "batch": batch, "memory": peak_mb() - before}


def main() -> None:
    """Print the table, or the numbers of one of its lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--version", type=int, choices=(1, 2), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.version is not None:
        print(json.dumps(measure(options.rows[0], options.version)))
        return
    print("| rows | order | first batch | a batch | memory |")
    print("|---|---|---|---|---|")
    for version, name in ((1, "at once"), (2, "a pool at a time")):
        for rows in options.rows:
            if version == 1 and rows > AT_ONCE:
                continue
            flags = ("--rows", rows, "--version", version)
            found = in_a_process("epoch_order", "torch", *flags)
            print(
                f"| {rows:,} | {name} | {found['first']:.3f} s | {found['batch'] * 1e6:.0f} µs | "
                f"{found['memory']:.0f} MB |",
                flush=True,
            )


if __name__ == "__main__":
    main()
