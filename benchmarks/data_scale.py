"""Time per row, and memory, of each step that prepares data for training, by number of rows.

    python -m benchmarks.data_scale

A CSV file of film reviews of about 2 KB, each made unique by its number, is read, inspected, split
and tokenized into an empty cache; then the rows are ordered and the first batches are made. Each
size is measured in a separate process. The memory is the peak of the process after tokenizing, and
again at the end, when Keras and PyTorch have been imported too.
"""

import argparse
import csv
import json
import tempfile
import time
from pathlib import Path

from benchmarks.memory_use import peak_mb
from benchmarks.sides import in_a_process
from benchmarks.training_speed import read_rows

ROWS = (10**4, 10**5, 10**6)
_MEGABYTES = ("MB of text", "memory", "memory with Keras")
CHARACTERS, MAX_LENGTH, BATCH, BATCHES = 2000, 128, 32, 100


def write(path: Path, rows: int) -> None:
    """Write a file of reviews, positive and negative in turn."""
    texts, labels = read_rows("imdb", 2000)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for row in range(rows):
            text = texts[row % len(texts)]
            text = f"{row} {text} {texts[(7 * row + 1) % len(texts)]}"[:CHARACTERS]
            writer.writerow([text, "bad" if labels[row % len(texts)] else "good"])


def measure(rows: int) -> dict[str, float]:
    """Return the seconds of each step, and the memory in MB."""
    from kbert import find_source, inspect_examples, read_examples
    from kbert.data.token_store import TokenStore

    tokenizer = find_source("minilm").tokenizer()
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.csv")
        in_a_process("data_scale", "torch", "--rows", rows, "--write", path)
        found[_MEGABYTES[0]] = path.stat().st_size / 1e6
        last = time.perf_counter()

        def done(step: str) -> None:
            nonlocal last
            found[step] = time.perf_counter() - last
            last = time.perf_counter()

        examples = read_examples(path)
        done("read")
        inspect_examples(examples, tokenizer=tokenizer)
        done("inspect")
        training, _ = examples.split(0.1, seed=0)
        done("split")
        store = TokenStore.build(training, tokenizer, MAX_LENGTH, Path(folder, "cache"))
        done("tokenize")
        before = peak_mb()
        from kbert.data.batches import Batches

        last = time.perf_counter()
        batches = Batches(store, BATCH, order="shuffled")
        for index in range(min(BATCHES, len(batches))):
            batches[index]
        done("batch")
    return {**found, "memory": before, "memory with Keras": peak_mb()}


def main() -> None:
    """Print the table, or one size's numbers."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--plot", type=Path, help="file for a plot, such as scale.png")
    options = parser.parse_args()
    if options.write is not None:
        write(options.write, options.rows[0])
        print(json.dumps(None))
        return
    if options.alone:
        print(json.dumps(measure(options.rows[0])))
        return
    sizes: dict[int, dict[str, float]] = {}
    for rows in options.rows:
        sizes[rows] = in_a_process("data_scale", "torch", "--alone", "--rows", rows)
        if len(sizes) == 1:
            print(f"| rows | {' | '.join(sizes[rows])} |")
            print("|---" * (len(sizes[rows]) + 1) + "|")
        cells = [
            f"{value:,.0f} MB" if name in _MEGABYTES else f"{value / rows * 1e6:.0f} µs"
            for name, value in sizes[rows].items()
        ]
        print(f"| {rows:,} | {' | '.join(cells)} |", flush=True)
    if options.plot is not None:
        plot(sizes, options.plot)


def plot(sizes: dict[int, dict[str, float]], path: Path) -> None:
    """Plot the seconds of each step, and the memory, against the number of rows."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, (times, memory) = plt.subplots(1, 2, figsize=(10, 4))
    for step in ("read", "inspect", "split", "tokenize", "batch"):
        times.loglog(list(sizes), [size[step] for size in sizes.values()], "o-", label=step)
    times.set(xlabel="rows", ylabel="seconds")
    times.legend()
    memory.semilogx(list(sizes), [size["memory"] for size in sizes.values()], "o-")
    memory.set(xlabel="rows", ylabel="MB", ylim=(0, None))
    figure.tight_layout()
    figure.savefig(path)


if __name__ == "__main__":
    main()
