"""How many wrong labels are found in IMDB reviews after some labels were flipped.

    python -m benchmarks.flipped_labels --output FOLDER -- [flags of kbert train]

Training runs in folds, so that each review is judged by a model that was not trained on it. The
table counts how many of the flipped rows are among the first N suspects, and among the N rows with
the greatest loss. Started again with the same folder, the program resumes where it stopped.
"""

import argparse
import csv
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.training_speed import read_rows

_OTHER = {"positive": "negative", "negative": "positive"}
_FIRST = (10, 25, 50, 100, 200)


def write_flipped(folder: Path, rows: int, share: float, seed: int = 0) -> list[int]:
    """Write reviews to a CSV file, some with flipped labels; return the numbers of those rows."""
    texts, positive = read_rows("imdb", rows)
    labels = ["positive" if label else "negative" for label in positive]
    chosen = np.random.default_rng(seed).choice(len(labels), round(share * len(labels)), False)
    flipped = sorted(int(at) + 1 for at in chosen)
    for number in flipped:
        labels[number - 1] = _OTHER[labels[number - 1]]
    file = folder / "imdb.csv"
    if not file.exists():
        with file.open("w", encoding="utf-8", newline="") as new:
            table = csv.writer(new)
            table.writerow(["text", "label"])
            table.writerows(zip(texts, labels, strict=True))
    return flipped


def train_folds(folder: Path, folds: int, flags: Sequence[str]) -> Path:
    """Train the folds, or those that are left, and return the run directory."""
    run = folder / "run"
    if not (run / "cross_validation.json").is_file():
        arguments = ["resume", str(run)]
        if not (run / "run.json").is_file():
            data = str(folder / "imdb.csv")
            arguments = ["train", data, "--folds", str(folds), "--output", str(run), *flags]
        subprocess.run([sys.executable, "-m", "kbert", *arguments], check=True, stdout=sys.stderr)
    return run


def counted(order: Sequence[int], flipped: Sequence[int], first: Sequence[int]) -> list[int]:
    """Return, for each count in `first`, how many of the first rows in `order` are flipped."""
    found = np.cumsum(np.isin(order, flipped))
    return [int(found[min(count, len(found)) - 1]) if len(found) else 0 for count in first]


def lines(run: Path, flipped: Sequence[int]) -> Iterator[str]:
    """Return the lines of the table."""
    from kbert import find_errors

    found = find_errors(run, near=0)
    numbers = np.array(found.table.places["row"], int)
    suspects = numbers[found.suspects]
    total = len(numbers)
    right = float(np.mean(found.table.true == found.table.predicted))
    yield f"{total:,} reviews, {len(flipped)} of them with the label flipped; accuracy out of fold "
    yield f"against the labels as they are {right:.4f}; {len(suspects)} suspects, "
    yield f"{counted(suspects, flipped, [total])[0]} of them flipped."
    yield ""
    yield "| first | flipped among the suspects | among the greatest losses | by chance |"
    yield "|---|---|---|---|"
    first = sorted({*(n for n in _FIRST if n < total), len(flipped)})
    both = zip(
        first,
        counted(suspects, flipped, first),
        counted(numbers[found.order], flipped, first),
        strict=True,
    )
    for count, of_suspects, of_losses in both:
        chance = count * len(flipped) / total
        yield f"| {count} | {of_suspects} | {of_losses} | {chance:.1f} |"


def main() -> None:
    """Flip, train, and print how many were found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, required=True, help="folder of the data and the run")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.03, help="of the labels that are flipped")
    parser.add_argument("train", nargs="*", help="flags of kbert train, behind --")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    flipped = write_flipped(options.output, options.rows, options.share)
    flags = options.train or ["--preset", "minilm", "--epochs", "2", "--learning-rate", "1e-4"]
    run = train_folds(options.output, options.folds, flags)
    print("\n".join(lines(run, flipped)))


if __name__ == "__main__":
    main()
