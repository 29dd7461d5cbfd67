"""Requests per second and latency of `kbert serve` under load, on loopback.

    python -m benchmarks.serving_load --peers PYTHON

MiniLM has a head for two classes and reads at most 64 tokens. Each client sends one film review,
waits for the answer and sends the next. `kbert serve` is compared with the app of docs/serving.md,
which calls `Predictor` for each request, and with transformers' pipeline in a similar app, both
under uvicorn. PYTHON is the interpreter of an environment with transformers, FastAPI and uvicorn.
The sides take turns for `--rounds` rounds; the client runs on the same machine.
"""

import argparse
import re
import socket
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.load import Answers, load, started
from benchmarks.training_speed import read_rows

ROOT = Path(__file__).parents[1]
WARM_UP = 3.0  # seconds
_APP = re.search(  # the app of the document, word for word
    r"```python\n(from dataclasses import asdict\n.*?)```",
    (ROOT / "docs" / "serving.md").read_text(encoding="utf-8"),
    re.DOTALL,
)
_PIPELINE = """
from fastapi import FastAPI
from transformers import pipeline

app = FastAPI()
classify = pipeline("text-classification", "huggingface", top_k=None)


@app.post("/predict")
def predict(texts: list[str]) -> list:
    return classify(texts, truncation=True, max_length=64)
"""


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def write_models(folder: Path) -> None:
    """Write the model as kbert's own folder, as ONNX, and as transformers reads it."""
    import kbert
    from kbert import BertClassifier

    model = BertClassifier.from_preset(
        "minilm", ["negative", "positive"], max_length=64, pooling="cls"
    )
    model.save_to(folder / "weights")
    for name in ("onnx", "huggingface"):
        kbert.export(folder / "weights", folder / name, format=name, verbose=0)  # type: ignore[arg-type]


def sides(folder: Path, peers: Path | None, backend: str) -> dict[str, tuple[list[str], bool]]:
    """Return each side's command without the port, and whether its request body is a plain list."""
    assert _APP is not None
    kbert = [sys.executable, "-m", "kbert", "serve", "-q"]
    uvicorn = ["-m", "uvicorn", "--log-level", "warning"]
    for name, path in (("onnx", "onnx"), (backend, "weights")):
        code = _APP[1].replace("exports/reviews", path)
        (folder / f"app_{name}.py").write_text(code, encoding="utf-8")
    (folder / "app_pipeline.py").write_text(_PIPELINE, encoding="utf-8")
    found = {
        "kbert serve, onnx": ([*kbert, "onnx"], False),
        "kbert serve, onnx, 2 workers": ([*kbert, "onnx", "--workers", "2"], False),
        "the app, onnx": ([sys.executable, *uvicorn, "app_onnx:app"], True),
        f"kbert serve, {backend}": ([*kbert, "weights", "--backend", backend], False),
        f"the app, {backend}": ([sys.executable, *uvicorn, f"app_{backend}:app"], True),
    }
    if peers is not None:
        found["transformers' pipeline"] = (
            [str(peers.absolute()), *uvicorn, "app_pipeline:app"],
            True,
        )
    return found


def measure(command: list[str], plain: bool, folder: Path, clients: int, seconds: float) -> Answers:
    """Return the answers of one side."""
    port, texts = free_port(), read_rows("rotten_tomatoes", 960)[0]
    with started([*command, "--port", str(port)], folder, port):
        load(port, texts, clients, WARM_UP, plain=plain)
        return load(port, texts, clients, seconds, plain=plain)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--backends", nargs=1, default=["torch"])
    parser.add_argument("--peers", type=Path, help="Python of the environment of transformers")
    options = parser.parse_args()
    print("| clients | side | requests/s | p50, ms | p99, ms | errors |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_models(folder)
        for clients in options.clients:
            found: dict[str, list[tuple[float, float, float, int]]] = {}
            for _ in range(options.rounds):
                every = sides(folder, options.peers, options.backends[0])
                for side, (command, plain) in every.items():
                    answers = measure(command, plain, folder, clients, options.seconds)
                    p50, p99 = 1000 * np.percentile(answers.seconds, [50, 99])
                    errors = answers.statuses.total() - answers.statuses[200]
                    rate = answers.statuses[200] / options.seconds
                    found.setdefault(side, []).append((rate, p50, p99, errors))
            for side, each in found.items():
                rate, p50, p99, errors = (statistics.median(one) for one in zip(*each, strict=True))
                print(
                    f"| {clients} | {side} | {rate:.0f} | {p50:.1f} | {p99:.1f} | {errors:.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
