"""Whether settings cost accuracy: the same runs with several seeds, side by side.

    python -m benchmarks.seeds --vary "--packing on" "--packing off" -- DATA [flags of kbert train]

Each seed determines the split, the new head, the order and dropout, and is used with each of the
settings. The accuracy of the best epoch on the dev set is compared; a difference within twice its
standard error may be due to chance.
"""

import argparse
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path


def accuracy(flags: list[str], seed: int) -> float:
    """Train, and return the dev accuracy of the best epoch."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        command = [sys.executable, "-m", "kbert", "train", *flags, "--seed", str(seed)]
        done = subprocess.run([*command, "--output", str(run)], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{shlex.join(command)} failed:\n{done.stderr[-2000:]}")
        record = json.loads((run / "evaluations.json").read_text(encoding="utf-8"))
    return record["epochs"][record["best_epoch"] - 1]["dev"]["accuracy"]


def table(found: Mapping[str, Sequence[float]]) -> Iterator[str]:
    """Return the lines of the table; `found` has the accuracies of each setting, seed by seed."""
    yield "| settings | seeds | mean | standard deviation | to the first | its standard error |"
    yield "|---|---|---|---|---|---|"
    first = next(iter(found.values()))
    for flags, accuracies in found.items():
        cells = [f"{len(accuracies)}", f"{statistics.mean(accuracies):.4f}", "", "", ""]
        several = len(accuracies) > 1
        if several:
            cells[2] = f"{statistics.stdev(accuracies):.4f}"
        if accuracies is not first:
            differences = [b - a for a, b in zip(first, accuracies, strict=True)]
            cells[3] = f"{statistics.mean(differences):+.4f}"
            if several:
                cells[4] = f"{statistics.stdev(differences) / len(differences) ** 0.5:.4f}"
        yield f"| `{flags}` | {' | '.join(cells)} |"


def from_log(log: str) -> str:
    """Return a table for each command in a log, which may be an old log or one that is cut off.

    Raises:
        ValueError: the log has no seed.
    """
    runs: list[tuple[str, dict[str, list[float]]]] = []
    for line in log.splitlines():
        if line.startswith("kbert train "):
            runs.append((line, {}))
        elif line.startswith("seed "):
            for cell in line.partition(": ")[2].split(", "):
                flags, _, accuracy = cell.rpartition(" ")
                runs[-1][1].setdefault(flags, []).append(float(accuracy))
    tables = []
    for told, found in runs:
        command, _, compared = told.partition(": ")
        if found:
            tables.append("\n".join([f"`{command}`: {compared}\n", *table(found)]))
    if not tables:
        raise ValueError("The log has no line of a seed.")
    return "\n\n".join(tables)


def main() -> None:
    """Train with every seed and setting, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--vary", nargs="+", required=True, help="flags that are compared")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("train", nargs="+", help="what all runs have, behind --")
    options = parser.parse_args()
    found: dict[str, list[float]] = {flags: [] for flags in options.vary}
    print(f"kbert train {shlex.join(options.train)}: dev accuracy of the best epoch")
    for seed in range(options.first, options.first + options.seeds):
        for flags, accuracies in found.items():
            accuracies.append(accuracy([*options.train, *flags.split()], seed))
        print(
            f"seed {seed}: " + ", ".join(f"{f} {a[-1]:.4f}" for f, a in found.items()), flush=True
        )
    print()
    print("\n".join(table(found)))


if __name__ == "__main__":
    main()
