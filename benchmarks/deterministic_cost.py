"""The cost of deterministic kernels: examples per second of MiniLM without and with them.

Each side runs in its own process, and they take turns:

    python -m benchmarks.deterministic_cost
"""

import argparse
import json
import os
import statistics

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import MAX_LENGTHS, kbert_speed, read_rows

DATA = "rotten_tomatoes"


def measure(rows: int, deterministic: bool) -> float:
    """Return the examples per second in this process."""
    from kbert.backend.choose_backend import choose_backend
    from kbert.backend.determinism import use_deterministic_kernels

    if deterministic:
        use_deterministic_kernels(choose_backend(os.environ["KERAS_BACKEND"]))
    return kbert_speed(*read_rows(DATA, rows), MAX_LENGTHS[DATA])["speed"]


def main() -> None:
    """Measure one side in this process, or print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--here", choices=("default", "deterministic"))
    parser.add_argument("--rows", type=int, default=480)
    parser.add_argument("--turns", type=int, default=3)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measure(options.rows, options.here == "deterministic")))
        return
    print(f"{'backend':<12}{'default':>10}{'deterministic':>16}{'ratio':>8}   examples per second")
    for backend in BACKENDS:
        found: dict[str, list[float]] = {"default": [], "deterministic": []}
        for _ in range(options.turns):
            for side, speeds in found.items():
                arguments = ("--here", side, "--rows", options.rows)
                speeds.append(in_a_process("deterministic_cost", backend, *arguments))
        one, other = (statistics.median(speeds) for speeds in found.values())
        print(f"{backend:<12}{one:>10.1f}{other:>16.1f}{other / one:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
