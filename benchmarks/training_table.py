"""Training speed of kbert, the Hugging Face Trainer and keras-hub's own fit.

MiniLM is fine-tuned on film reviews in batches of 32; whole epochs after the first are timed. Each
side runs in a separate process, one after the other, and the sides take turns for `--rounds`
rounds. The ratios matter more than the figures, which depend on the machine and on its other load.
The Trainer runs in its own environment, with whichever attention is faster.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.sides import BACKENDS, in_a_process, minilm_folder, print_tables
from benchmarks.training_speed import BATCH, EPOCHS, LENGTHS, MAX_LENGTHS, read_rows

PRECISIONS = ("float32", "bfloat16")
# A forward and a backward pass: 6 operations for each weight of MiniLM's 6 layers, and a token's
# attention to the others of its text.
_WEIGHTS = 6 * 12 * 384**2
_ATTENTION = 6 * 12 * 384


def limit(operations_a_second: float, mean_length: float) -> float:
    """Return the examples per second if nothing but the full model's products took time."""
    return operations_a_second / ((6 * _WEIGHTS + _ATTENTION * mean_length) * mean_length)


def trainer(
    peers: Path,
    attentions: Sequence[str],
    data: str,
    rows: int,
    precision: str,
    flags: Sequence[str] = (),
    model: str | None = None,
) -> Callable[[], Any]:
    """Return a function that measures the Hugging Face Trainer with its best attention.

    The model is MiniLM, or the one in the folder `model`.
    """

    def measure() -> Any:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "rows.jsonl")
            lines = (
                json.dumps({"text": text, "label": int(label)})
                for text, label in zip(*read_rows(data, rows), strict=True)
            )
            path.write_text("\n".join(lines), encoding="utf-8")
            command = [
                *(str(peers), str(Path(__file__).with_name("hugging_face_trainer.py"))),
                *(
                    "--model",
                    model or minilm_folder(),
                    "--data",
                    str(path),
                    "--precision",
                    precision,
                ),
                *("--max-length", str(LENGTHS[data]), "--batch-size", str(BATCH)),
                *("--epochs", str(EPOCHS), *flags),
            ]
            found = []
            for attention in attentions:
                if attention == "flash_attention_2" and precision == "float32":
                    continue  # which does not support float32
                done = subprocess.run(
                    [*command, "--attention", attention], capture_output=True, text=True
                )
                if done.returncode:
                    sys.exit(f"The Trainer failed:\n{done.stderr[-3000:]}")
                found.append(json.loads(done.stdout.splitlines()[-1]))
            return max(found, key=lambda measured: measured["speed"])

    return measure


def sides(options: argparse.Namespace, data: str, precision: str) -> Iterator[tuple[str, Any]]:
    """Return the name of each side and the function that measures it."""
    rows = options.rows
    if options.peers is not None:
        yield (
            "Hugging Face Trainer",
            trainer(options.peers, options.attentions, data, rows, precision),
        )
    for backend in options.backends:
        for side in options.sides:
            flags = ("--side", side, "--rows", rows, "--data", data, "--precision", precision)
            yield (
                f"{side}, {backend}",
                lambda backend=backend, flags=flags: in_a_process(
                    "training_speed", backend, *flags
                ),
            )


def table(options: argparse.Namespace, data: str, precision: str) -> Iterator[str]:
    """Return the lines of a table of one data set in one precision."""
    measured: dict[str, list[Any]] = {}
    products = []
    for _ in range(options.rounds):
        products.append(in_a_process("matrix_product", "torch")[precision])
        for name, measure in sides(options, data, precision):
            measured.setdefault(name, []).append(measure())
            print(f"{data}, {precision}, {name}: {measured[name][-1]}", file=sys.stderr, flush=True)
    speeds = {name: statistics.median(m["speed"] for m in all_) for name, all_ in measured.items()}
    lengths = [m["mean_length"] for all_ in measured.values() for m in all_ if "mean_length" in m]
    product = statistics.median(products)
    most = limit(product, lengths[0]) if lengths else float("nan")
    first = next(iter(speeds.values()))
    yield f"### {data}, at most {MAX_LENGTHS[data]} tokens, {precision}\n"
    yield f"The matrix product: {product / 1e9:.0f} GFLOP/s, {most:.0f} examples/s.\n"
    yield "| side | examples/s | to the first | share of the limit | tokens real | busy cores |"
    yield "|---|---|---|---|---|---|"
    for name, all_ in measured.items():
        busy = all_[-1].get("busy_cores")
        each = ", ".join(f"{measured_once['speed']:.1f}" for measured_once in all_)
        yield (
            f"| {name} | {speeds[name]:.1f} ({each}) | "
            f"{speeds[name] / first:.2f} | {speeds[name] / most:.0%} | "
            f"{all_[-1]['real_tokens']:.0%} | {'' if busy is None else f'{busy:.2f}'} |"
        )
    yield ""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=960)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=list(MAX_LENGTHS))
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--sides", nargs="+", default=["kbert", "keras-hub"])
    parser.add_argument("--peers", type=Path, help="Python of the Trainer's environment")
    parser.add_argument("--attentions", nargs="+", default=["sdpa", "eager"], help="the Trainer's")
    options = parser.parse_args(arguments)
    print(
        f"MiniLM, {options.rows:,} rows, batch {BATCH}; median of {options.rounds} rounds, epochs "
        f"2 to {EPOCHS}.\n"
    )
    print_tables(table, options)


if __name__ == "__main__":
    main()
