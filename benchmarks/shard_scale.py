"""A sharded token store at scale: speed and memory of the build, the plan and the first batch.

    python -m benchmarks.shard_scale --rows 100000000

Texts of eight words, sorted by class, come in chunks. kbert tokenizes all chunks and writes shards,
lengths, labels and checksums; every few chunks, the Rust library takes a turn and tokenizes the
same chunk alone. The time to generate texts and to run the library alone does not count. Halfway,
the build is interrupted and resumed: the second half begins by reading the first again, to compare
it. Then a plan, and the first training batch of an epoch, are timed, each in a separate process.
With `--ids`, the shards get random ids in place of those of texts, which measures everything except
the build.
"""

import argparse
import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.memory_use import peak_mb
from benchmarks.sides import in_a_process
from benchmarks.tokenizing_speed import alone

CHUNK, WORDS, MAX_LENGTH, BATCH, CLASSES = 65_536, 8, 16, 32, 4
NAMES = tuple("abcd")
PIECE = 8192  # rows that the library tokenizes at a time, as kbert does


class Chunks:
    """Chunks of generated rows; the library tokenizes some of them alone.

    Args:
        rows: int.
        words: array of str.
        library: the Rust tokenizer, or None.
        every: int. The library tokenizes one chunk in this many.
        until: int or None. The row before which reading is interrupted.
    """

    def __init__(
        self, rows: int, words: np.ndarray, library: Any, every: int, until: int | None
    ) -> None:
        self.rows, self.words, self.library, self.every = rows, words, library, every
        self.until = until
        self.outside = 0.0  # seconds
        self.alone: dict[str, list[float]] = {"encode_batch": [], "encode_batch_fast": []}

    def __iter__(self) -> Iterator[tuple[list[str], np.ndarray]]:
        for start in range(0, self.rows, CHUNK):
            if self.until is not None and start >= self.until:
                raise KeyboardInterrupt
            began = time.perf_counter()
            count = min(CHUNK, self.rows - start)
            numbers = np.random.default_rng(start).integers(0, len(self.words), (count, WORDS))
            texts = list(map(" ".join, self.words[numbers].tolist()))
            labels = (np.arange(start, start + count) * CLASSES // self.rows).astype(np.uint8)
            if self.library is not None and start // CHUNK % self.every == 0:
                for name in self.alone:
                    encode = getattr(self.library, name)
                    before = time.perf_counter()
                    for at in range(0, count, PIECE):
                        encode(texts[at : at + PIECE])
                    self.alone[name].append((time.perf_counter() - before) / count)
            self.outside += time.perf_counter() - began
            yield texts, labels


def make(rows: int, folder: str, every: int) -> dict[str, float]:
    """Build a store, interrupted once, and return its speed and memory."""
    from kbert import ShardedTokenStore, find_source
    from kbert.data.shards.sharded_token_store import ROWS_PER_SHARD

    tokenizer = find_source("minilm").tokenizer()
    known = [piece for piece in tokenizer.vocabulary if piece.isascii() and piece.isalpha()]
    words = np.array([piece for piece in known if len(piece) > 2])
    seconds, fast, library = [], [], []
    half = rows // 2 // ROWS_PER_SHARD * ROWS_PER_SHARD
    for until in (half or None, None):
        chunks = Chunks(rows, words, alone(tokenizer, MAX_LENGTH), every, until)
        began = time.perf_counter()
        with contextlib.suppress(KeyboardInterrupt):
            ShardedTokenStore.build(iter(chunks), tokenizer, folder, MAX_LENGTH, labels=NAMES)
        seconds.append(time.perf_counter() - began - chunks.outside)
        library += chunks.alone["encode_batch"]
        fast += chunks.alone["encode_batch_fast"]
    made, all_ids, ids = rows / sum(seconds), 1 / np.mean(library), 1 / np.mean(fast)
    return {
        "rows/s made": made,
        "rows/s encode_batch": float(all_ids),
        "rows/s encode_batch_fast": float(ids),
        "% of encode_batch": float(100 * made / all_ids),
        "% of encode_batch_fast": float(100 * made / ids),
        "MB making": peak_mb(),
    }


def make_ids(rows: int, folder: str) -> dict[str, float]:
    """Build a store of random ids."""
    from kbert import find_source
    from kbert.data.shards.location import Location
    from kbert.data.shards.shard_index import ShardIndex
    from kbert.data.shards.shard_rows import ShardRows
    from kbert.data.shards.shard_writer import EncodedRows, write_shard
    from kbert.data.shards.sharded_token_store import ROWS_PER_SHARD

    tokenizer, location, shards = find_source("minilm").tokenizer(), Location(folder), []
    for number, start in enumerate(range(0, rows, ROWS_PER_SHARD)):
        count = min(ROWS_PER_SHARD, rows - start)
        random = np.random.default_rng(number)
        lengths = random.integers(8, 13, count, np.uint32)
        ids = random.integers(0, len(tokenizer), int(lengths.sum()), np.uint16)
        labels = (np.arange(start, start + count) * CLASSES // rows).astype(np.uint8)
        part = EncodedRows(ids, ShardRows(lengths, None, labels, None))
        shards.append(write_shard(location, number, [part], "0" * 64))
    ShardIndex(
        tokenizer.fingerprint,
        len(tokenizer),
        MAX_LENGTH,
        ROWS_PER_SHARD,
        text_pairs=False,
        target={"kind": "single"},
        found_labels=NAMES,
        labels_given=True,
        complete=True,
        shards=tuple(shards),
    ).write(location)
    return {}


def plan(folder: str) -> dict[str, float]:
    """Return the seconds and the memory of a plan."""
    from kbert.cli.main import main

    began, used = time.perf_counter(), time.process_time()
    flags = ["--dev-proportion", "0", "--max-length", str(MAX_LENGTH), "-q", "--epochs", "1"]
    try:
        main(["plan", folder, *flags])
    except SystemExit as end:
        if end.code:
            raise
    return {
        "s plan": time.perf_counter() - began,
        "s plan, of the processor": time.process_time() - used,
        "MB plan": peak_mb(),
    }


def first_batch(folder: str) -> dict[str, float]:
    """Return the seconds until the first batch is ready, and the memory."""
    from kbert import ShardedTokenStore
    from kbert.data.batches import Batches

    before, began, used = peak_mb(), time.perf_counter(), time.process_time()
    batches = Batches(ShardedTokenStore.open(folder), BATCH, order="shuffled")
    batches[0]
    return {
        "s first batch": time.perf_counter() - began,
        "s of the processor": time.process_time() - used,
        "MB first batch": peak_mb(),
        "MB of them Keras": before,
    }


def main() -> None:
    """Print the numbers, or those of one step."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10**6)
    parser.add_argument("--folder", default="shard-scale", help="which must not exist; removed")
    parser.add_argument("--every", type=int, default=4, help="the library has 1 chunk in so many")
    parser.add_argument("--ids", action="store_true", help="ids by chance in place of texts")
    parser.add_argument("--step", choices=("make", "plan", "first"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step is not None:
        steps = {
            "make": lambda: (
                make_ids(options.rows, options.folder)
                if options.ids
                else make(options.rows, options.folder, options.every)
            ),
            "plan": lambda: plan(options.folder),
            "first": lambda: first_batch(options.folder),
        }
        print(json.dumps(steps[options.step]()))
        return
    folder = Path(options.folder)
    if folder.exists():
        parser.error(f"{folder} exists")
    flags = ["--rows", options.rows, "--folder", folder, "--every", options.every]
    flags += ["--ids"] if options.ids else []
    try:
        print(f"{options.rows:,} rows")
        for step in ("make", "plan", "first"):
            found = in_a_process("shard_scale", "torch", *flags, "--step", step)
            for name, value in found.items():
                print(f"  {name:<28}{value:>14,.1f}", flush=True)
            if step == "make":
                size = sum(file.stat().st_size for file in folder.iterdir())
                print(f"  {'MB on disk':<28}{size / 1e6:>14,.1f}", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
