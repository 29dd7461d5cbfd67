"""The table of training on a GPU: kbert and the Hugging Face Trainer.

    python -m benchmarks.gpu --peers PYTHON

PYTHON is the interpreter of an environment with transformers, accelerate and a CUDA build of
torch. The Trainer computes attention with SDPA, and also with flash attention if the package
flash-attn is installed there; the faster one counts. kbert runs on each backend that sees the GPU.
MiniLM and a BERT-Base with random weights train on batches of 32 film reviews. The data set `full`
has reviews cut at 128 tokens, so that all sides compute the same; each side batches the other data
sets in its own way. Each side trains in a separate process, and the sides take turns for `--rounds`
rounds; the first epoch, which compiles, does not count.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.machine import machine, versions
from benchmarks.models import MODELS, model_folder
from benchmarks.sides import BACKENDS, in_a_process
from benchmarks.training_speed import BATCH, EPOCHS, LENGTHS
from benchmarks.training_table import PRECISIONS, trainer

_SEES_GPU = {
    "torch": "import torch, sys; sys.exit(not torch.cuda.is_available())",
    "jax": "import jax, sys; sys.exit(jax.default_backend() != 'gpu')",
    "tensorflow": "import tensorflow as tf, sys; "
    "sys.exit(not tf.config.list_physical_devices('GPU'))",
}


def succeeds(python: str | Path, code: str) -> bool:
    """Return whether a program ends with exit status 0."""
    return not subprocess.run(
        [str(python), "-c", code], capture_output=True, check=False
    ).returncode


def sides(options: argparse.Namespace, folder: str, data: str, precision: str) -> dict[str, Any]:
    """Return the function that measures each side, by its name."""
    found: dict[str, Any] = {}
    if options.peers is not None:
        found["Hugging Face Trainer"] = trainer(
            options.peers, options.attentions, data, options.rows, precision, model=folder
        )
    flags = ("--side", "kbert", "--rows", options.rows, "--data", data, "--precision", precision)
    for backend in options.backends:
        found[f"kbert, {backend}"] = lambda backend=backend: in_a_process(
            "training_speed", backend, *flags, "--preset", folder
        )
    return found


def rows_of_table(data: str, precision: str, measured: dict[str, list[Any]]) -> Iterator[str]:
    """Yield the lines of the table for one model, data set and precision."""
    speeds = {name: statistics.median(m["speed"] for m in all_) for name, all_ in measured.items()}
    first = next(iter(speeds.values()))
    for name, all_ in measured.items():
        each = ", ".join(f"{once['speed']:.0f}" for once in all_)
        yield (
            f"| {data}, {LENGTHS[data]} | {precision} | {name} | {speeds[name]:.0f} ({each}) | "
            f"{speeds[name] / first:.2f} | {1000 * BATCH / speeds[name]:.1f} ms | "
            f"{all_[-1]['real_tokens']:.0%} | {max(m['device_mb'] for m in all_):.0f} MB |"
        )


def table(options: argparse.Namespace, model: str) -> Iterator[str]:
    """Yield the lines of the table of a model, each as soon as it is measured."""
    yield f"### {model}\n"
    yield (
        f"| reviews, most tokens | precision | side | rows/s | to the first | {BATCH} rows "
        "| tokens real | memory of the GPU |"
    )
    yield "|---" * 8 + "|"
    with tempfile.TemporaryDirectory() as temporary:
        folder = model_folder(model, Path(temporary, "bert-base"))
        for data in options.data:
            for precision in options.precisions:
                measured: dict[str, list[Any]] = {}
                for _ in range(options.rounds):
                    for name, measure in sides(options, folder, data, precision).items():
                        measured.setdefault(name, []).append(measure())
                        print(model, data, precision, name, measured[name][-1], file=sys.stderr)
                yield from rows_of_table(data, precision, measured)
    yield ""


def main() -> None:
    """Find the backends that see the GPU, and measure them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2560)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--data", nargs="+", choices=LENGTHS, default=["full", "rotten_tomatoes"])
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, help="default: that see a GPU")
    parser.add_argument("--peers", type=Path, help="Python of the Trainer's environment")
    parser.add_argument("--attentions", nargs="+", default=["sdpa"], help="the Trainer's")
    options = parser.parse_args()
    if options.backends is None:
        options.backends = [b for b in BACKENDS if succeeds(sys.executable, _SEES_GPU[b])]
        if not options.backends:
            sys.exit("No backend sees a GPU. Install a CUDA build of torch, jax or tensorflow.")
        if options.peers is not None:
            if not succeeds(options.peers, _SEES_GPU["torch"]):
                sys.exit(f"torch in the environment of {options.peers} sees no GPU.")
            if succeeds(options.peers, "import flash_attn"):
                options.attentions.append("flash_attention_2")
    print(
        f"On {machine()}; {versions(options.backends)}. {options.rows:,} rows, batch {BATCH}; "
        f"median of {options.rounds} rounds, epochs 2 to {EPOCHS}.\n"
    )
    for model in options.models:
        for line in table(options, model):
            print(line, flush=True)


if __name__ == "__main__":
    main()
