"""How far apart the backends are: python -m tests.parity.table.

The exit status is 1 if a bound is exceeded.
"""

import itertools
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from safetensors.numpy import save_file

from .worker import LABELS, TINY, WEIGHTS

BACKENDS = ("tensorflow", "jax", "torch")
PAIRS = list(itertools.combinations(BACKENDS, 2))
REFERENCE_PAIRS = [(backend, "transformers") for backend in BACKENDS]
# About 3 to 5 times the greatest difference seen in runs on a two-core CPU (noted behind each
# bound), and far below the effect of a mistake: clipping the gradients of an embedding by token
# rather than by row changes the weights by 4e-5 and 2e-4, another order of batches by 1e-2 or more.
BOUNDS: dict[str, float] = {
    "rows": 0.0,
    "logits": 3e-6,  # 8.2e-7
    "loss": 5e-7,  # 1.2e-7
    "gradients": 1e-6,  # 2.9e-7
    "weights recommended": 6e-6,  # 1.9e-6
    "weights google": 3e-6,  # 6.0e-7
    # Rounding that Adam amplifies, see the worker; the google recipe's larger epsilon damps it.
    "key biases recommended": 6e-4,  # 1.5e-4
    "key biases google": 3e-5,  # 6.9e-6
    "MiniLM token ids": 0.0,
    "MiniLM": 2e-5,  # 5.8e-6
}
CASES = [
    (quantity, pair)
    for quantity in BOUNDS
    for pair in PAIRS + (REFERENCE_PAIRS if quantity.startswith("MiniLM") else [])
]
_ROOT = Path(__file__).parents[2]


class Difference(NamedTuple):
    """The greatest absolute difference between two backends, and the array it is in."""

    value: float
    where: str


def initial_weights() -> dict[str, np.ndarray]:
    """Return random weights by path; nothing is 0 or 1, so that no term can be missed."""
    hidden, heads, inner = (TINY[name] for name in ("hidden_dim", "num_heads", "intermediate_dim"))
    split = (heads, hidden // heads)
    kernels: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {}
    norms = ["embeddings_layer_norm"]
    for number in range(TINY["num_layers"]):
        layer = f"transformer_layer_{number}"
        for name in ("query", "key", "value"):
            kernels[f"{layer}/self_attention_layer/{name}"] = ((hidden,), split)
        kernels[f"{layer}/self_attention_layer/attention_output"] = (split, (hidden,))
        kernels[f"{layer}/feedforward_intermediate_dense"] = ((hidden,), (inner,))
        kernels[f"{layer}/feedforward_output_dense"] = ((inner,), (hidden,))
        norms += [f"{layer}/self_attention_layer_norm", f"{layer}/feedforward_layer_norm"]
    kernels["pooled_dense"] = ((hidden,), (hidden,))
    kernels["logits"] = ((hidden,), (len(LABELS),))

    random = np.random.default_rng(0)
    weights = {}
    tables = {"token": "vocabulary_size", "position": "max_sequence_length"}
    for name, size in {**tables, "segment": "num_segments"}.items():
        weights[f"{name}_embedding/embeddings"] = random.normal(0, 0.5, (TINY[size], hidden))
    for name in norms:
        weights[f"{name}/gamma"] = random.normal(1, 0.2, hidden)
        weights[f"{name}/beta"] = random.normal(0, 0.2, hidden)
    for name, (inputs, outputs) in kernels.items():
        weights[f"{name}/kernel"] = random.normal(0, 0.2, inputs + outputs)
        weights[f"{name}/bias"] = random.normal(0, 0.2, outputs)
    return {name: array.astype(np.float32) for name, array in weights.items()}


def environment_of(backend: str) -> dict[str, str]:
    """Return an environment in which a process finds no other backend, and so starts sooner."""
    paths = (str(_ROOT / "tests" / "one_backend"), os.environ.get("PYTHONPATH", ""))
    return {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }


def run_alone(module: str, name: str, folder: Path, *arguments: str) -> None:
    """Run a module for a backend, or for transformers, in a process that finds no other backend."""
    environment = environment_of(name if name in BACKENDS else "torch")
    environment.pop("XLA_FLAGS", None)  # which the tests set for quick compilation
    command = [sys.executable, "-m", module, name, str(folder), *arguments]
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")


def measure(folder: Path) -> dict[tuple[str, tuple[str, str]], Difference]:
    """Run each backend in a process of its own, one at a time, and return what CASES ask for."""
    save_file(initial_weights(), folder / WEIGHTS)
    numbers = {}
    for name in (*BACKENDS, "transformers"):
        run_alone("tests.parity.worker", name, folder)
        with np.load(folder / f"{name}.npz", allow_pickle=False) as file:
            numbers[name] = dict(file)
    return {(q, (a, b)): _difference(q, numbers[a], numbers[b]) for q, (a, b) in CASES}


def _difference(quantity: str, one: dict, other: dict) -> Difference:
    names = [name for name in one if name == quantity or name.startswith(f"{quantity}:")]
    assert names, f"no array of {quantity}"
    return max(Difference(_greatest(one[name], other[name]), name) for name in names)


def _greatest(one: np.ndarray, other: np.ndarray) -> float:
    if one.shape != other.shape:
        return float("inf")
    greatest = float(np.abs(one.astype(np.float64) - other).max())
    return greatest if greatest == greatest else float("inf")  # a NaN would pass any bound


def main() -> int:
    """Print the table and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        differences = measure(Path(folder))
    print(f"{'quantity':<23} {'pair':<24} {'difference':>10} {'bound':>8}  greatest in")
    broken = 0
    for (quantity, pair), (value, where) in differences.items():
        bound = BOUNDS[quantity]
        mark = "" if value <= bound else "  BROKEN"
        broken += value > bound
        place = where.partition(":")[2]
        row = f"{quantity:<23} {'-'.join(pair):<24} {value:>10.1e} {bound:>8.0e}  {place}{mark}"
        print(row.rstrip())
    return int(broken > 0)


if __name__ == "__main__":
    sys.exit(main())
