"""Texts tokenized per second: `TokenStore.build` and the Rust library alone, on all cores.

    python -m benchmarks.tokenizing_speed

The library tokenizes the same texts in batches of as many characters as kbert's, with truncation,
into its own objects, from which nothing is read: there is no faster way to use it. kbert's store
holds the ids at the end. The two take turns, and alternate in going first. The table has the
medians, and also the quartiles of the share in each turn: a machine can be a quarter faster in one
turn than in the next.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from tokenizers import Tokenizer as RustTokenizer
from tokenizers.processors import TemplateProcessing

from benchmarks.training_speed import MAX_LENGTHS, read_rows
from kbert import Examples, find_source
from kbert.data.token_store import TokenStore
from kbert.tokenizer.rust_tokenizers import build_wordpiece

CHARACTERS = 2**18  # of a batch


def batches(texts: list[str]) -> Iterator[list[str]]:
    """Yield the texts in batches."""
    batch: list[str] = []
    held = 0
    for text in texts:
        batch.append(text)
        held += len(text)
        if held > CHARACTERS:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def alone(tokenizer: Any, max_length: int) -> RustTokenizer:
    """Return the Rust tokenizer with special tokens and truncation."""
    pieces = {piece: number for number, piece in enumerate(tokenizer.vocabulary)}
    rust = build_wordpiece(pieces, [], lowercase=True)
    rust.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]",
        special_tokens=[("[CLS]", tokenizer.cls_id), ("[SEP]", tokenizer.sep_id)],
    )
    rust.enable_truncation(max_length)
    return rust


def timed(action: Callable[[], object]) -> float:
    """Return the seconds that something takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def speeds(data: str, rows: int, turns: int) -> list[tuple[float, float]]:
    """Return the texts per second of the Rust library alone and of kbert, turn by turn."""
    tokenizer, length = find_source("minilm").tokenizer(), MAX_LENGTHS[data]
    texts = read_rows(data, 8000)[0]
    texts = (texts * (rows // len(texts) + 1))[:rows]
    rust, examples = alone(tokenizer, length), Examples(texts)
    sides = (
        lambda: [rust.encode_batch_fast(batch) for batch in batches(texts)],
        lambda: TokenStore.build(examples, tokenizer, length),
    )
    found = []
    for turn in range(turns):
        seconds = {n: timed(sides[n]) for n in ((0, 1) if turn % 2 else (1, 0))}
        found.append((rows / seconds[0], rows / seconds[1]))
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000, help="made of the reviews, repeated")
    parser.add_argument("--turns", type=int, default=24)
    options = parser.parse_args()
    print("| texts | at most | Rust alone, texts/s | kbert, texts/s | share | quartiles |")
    print("|---|---|---|---|---|---|")
    for data, length in MAX_LENGTHS.items():
        found = speeds(data, options.rows, options.turns)
        library, kbert = (statistics.median(side) for side in zip(*found, strict=True))
        low, share, high = statistics.quantiles((ours / theirs for theirs, ours in found), n=4)
        print(
            f"| {data} | {length} | {library:,.0f} | {kbert:,.0f} | {share:.0%} "
            f"| {low:.0%} to {high:.0%} |"
        )


if __name__ == "__main__":
    main()
