"""The peak memory of a training run: kbert's and the Hugging Face Trainer's.

    python -m benchmarks.memory --peers PYTHON

Each training run of `python -m benchmarks.training_table` runs in a separate process, with and
without gradient checkpointing. It reports the memory it holds when model and data are loaded, and
the peak while it trains. The former includes the frameworks: kbert imports TensorFlow on every
backend, since keras-hub does. MiniLM's weights, gradients and Adam moments take 4 x 91 MB, of which
the weights are loaded before training. PYTHON is the interpreter of an environment with
transformers.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, MAX_LENGTHS
from benchmarks.training_table import PRECISIONS, trainer


def sides(
    options: argparse.Namespace, data: str, precision: str
) -> Iterator[tuple[str, bool, Any]]:
    """Yield each side, whether it recomputes layers, and what was measured."""
    for again in (False, True):
        more = ["--gradient-checkpointing"] if again else []
        if options.peers is not None:
            run = trainer(options.peers, ["sdpa"], data, options.rows, precision, more)
            yield "Hugging Face Trainer", again, run()
        for backend in options.backends:
            flags = ("--rows", options.rows, "--data", data, "--precision", precision)
            found = in_a_process("training_speed", backend, "--side", "kbert", *flags, *more)
            yield f"kbert, {backend}", again, found


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=320)
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=list(MAX_LENGTHS))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=["float32"])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--peers", type=Path, help="Python of the Trainer's environment")
    options = parser.parse_args()
    for data in options.data:
        for precision in options.precisions:
            print(
                f"### {data}, at most {MAX_LENGTHS[data]} tokens, batch {BATCH}, {precision}\n\n"
                "| side | gradient checkpointing | loaded | most | training | examples/s |\n"
                "|---|---|---|---|---|---|"
            )
            for side, again, found in sides(options, data, precision):
                loaded, most = found["loaded_mb"], found["peak_mb"]
                print(f"{data}, {precision}, {side}: {found}", file=sys.stderr)
                print(
                    f"| {side} | {'yes' if again else 'no'} | {loaded:,.0f} MB | {most:,.0f} MB | "
                    f"{most - loaded:,.0f} MB | {found['speed']:.1f} |",
                    flush=True,
                )
            print()


if __name__ == "__main__":
    main()
