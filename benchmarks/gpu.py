"""The table of training speeds on a GPU: kbert beside the Hugging Face Trainer.

    python -m benchmarks.gpu --peers PYTHON

PYTHON is that of an environment with transformers, accelerate and a CUDA build of torch. The
Trainer computes attention by SDPA, and by flash attention where the package flash-attn is
installed there; the faster counts. kbert runs on each backend that sees the GPU. Everything else is
as in `python -m benchmarks.training_table`, whose further options are taken too.
"""

import subprocess
import sys
from pathlib import Path

from benchmarks import training_table
from benchmarks.machine import machine, versions
from benchmarks.sides import BACKENDS

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


def main() -> None:
    """Find out what sees the GPU, and measure it."""
    arguments = sys.argv[1:]
    if {"-h", "--help"} & {*arguments}:
        print(__doc__)
        return
    backends = [name for name in BACKENDS if succeeds(sys.executable, _SEES_GPU[name])]
    if not backends:
        sys.exit("No backend sees a GPU. Install a CUDA build of torch, jax or tensorflow.")
    attentions = ["sdpa"]
    if "--peers" in arguments[:-1]:
        peers = arguments[arguments.index("--peers") + 1]
        if not succeeds(peers, _SEES_GPU["torch"]):
            sys.exit(f"torch in the environment of {peers} sees no GPU.")
        if succeeds(peers, "import flash_attn"):
            attentions.append("flash_attention_2")
    print(f"On {machine()}; {versions(backends)}.\n")
    training_table.main(
        [
            *("--rows", "7680", "--sides", "kbert", "--backends", *backends),
            *("--attentions", *attentions, *arguments),
        ]
    )


if __name__ == "__main__":
    main()
