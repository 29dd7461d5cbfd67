"""How soon `kbert train` trains: seconds from the start of the process, with empty and full caches.

    python -m benchmarks.start_up

MiniLM is fine-tuned for one epoch on a few film reviews. The first step is done when its row is in
learning_rate.csv, which is written line by line. "Empty" is a run with a new folder as KBERT_CACHE,
which holds the tokens and JAX's compiled programs; "full" is the same run once more, into another
run directory. run.json counts the programs that JAX has compiled, or found in the cache. In both
cases, Python's modules are already compiled, and the system has the files in memory.

`import kbert` and `kbert --help` are measured from the start of Python; so is Python alone.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.sides import BACKENDS
from benchmarks.training_speed import BATCH, write_rows

_POLL = 0.02  # seconds
_COMMANDS = {
    "Python alone": ["-c", ""],
    "`import kbert`": ["-c", "import kbert"],
    "`kbert --help`": ["-m", "kbert", "--help"],
}


def seconds_of(arguments: list[str]) -> float:
    """Return the seconds of a process of Python, from its start to its end."""
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def train(data: Path, run: Path, cache: Path, backend: str) -> dict[str, float]:
    """Return the seconds to the first step and to the end, and what JAX has compiled."""
    command = [
        *(sys.executable, "-m", "kbert", "train", str(data), "--backend", backend, "--epochs", "1"),
        *("--max-length", "64", "--allow", "too-few-updates", "--output", str(run)),
    ]
    environment = {**os.environ, "KBERT_CACHE": str(cache)}
    environment.pop("JAX_COMPILATION_CACHE_DIR", None)
    log, said = run / "learning_rate.csv", run.with_suffix(".log")
    first = None
    with said.open("wb") as file:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=subprocess.STDOUT)
        while process.poll() is None:
            # The first line is the header.
            if first is None and log.exists() and log.read_bytes().count(b"\n") > 1:
                first = time.perf_counter() - started
            time.sleep(_POLL)
        ended = time.perf_counter() - started
    if process.returncode or first is None:
        sys.exit(f"kbert train on {backend} failed:\n{said.read_text()[-3000:]}")
    record = json.loads((run / "run.json").read_text(encoding="utf-8"))
    return {"first": first, "end": ended, **record.get("compilations", {})}


def measure(data: Path, backend: str, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Return what was measured with empty and with full caches, in turn."""
    found: dict[str, list[dict[str, float]]] = {"empty": [], "full": []}
    for number in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            for caches, each in found.items():
                run, cache = Path(folder, caches), Path(folder, "cache")
                each.append(train(data, run, cache, backend))
                print(f"{backend}, {caches}, {number + 1}: {each[-1]}", file=sys.stderr, flush=True)
    return found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=640)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5, help="of import kbert and kbert --help")
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    options = parser.parse_args()
    print(f"Median of {options.turns}; the goal for `kbert --help` is 0.3 s.\n")
    print("| process | seconds |\n|---|---|")
    turns = [
        {name: seconds_of(arguments) for name, arguments in _COMMANDS.items()}
        for _ in range(1 + options.turns)
    ][1:]  # the first may write bytecode
    for name in _COMMANDS:
        print(f"| {name} | {statistics.median(turn[name] for turn in turns):.2f} |")
    print(
        f"\n`kbert train`, MiniLM, {options.rows:,} rows of which 90% are trained on, batch "
        f"{BATCH}, one epoch; median of {options.rounds}.\n"
    )
    print("| backend | caches | first step | end | programs compiled | found |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "reviews.csv")
        write_rows(data, "rotten_tomatoes", options.rows)
        for backend in options.backends:
            for caches, each in measure(data, backend, options.rounds).items():
                first, end = (statistics.median(f[name] for f in each) for name in ("first", "end"))
                compiled, cached = (each[-1].get(name, "") for name in ("compiled", "found"))
                print(
                    f"| {backend} | {caches} | {first:.1f} s | {end:.1f} s | {compiled} | "
                    f"{cached} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
