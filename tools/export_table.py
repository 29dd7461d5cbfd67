"""Export a run in every format on every backend, and print the comparisons as a table.

    python -m tools.export_table RUN [--backends tensorflow jax torch] [--formats onnx ...]

For a model that uses erf, formats whose GELU is always tanh are tried with the same weights and
tanh; the table notes this.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import get_args

from kbert.choices import Backend, ExportFormat
from kbert.exports.formats.registry import FORMATS

WORKER = """
import json, sys
from pathlib import Path
from kbert import KbertError
from kbert.exports.export import export

run, tanh, folder, backend, formats = json.loads(sys.argv[1])
for format, quantize in formats:
    name = f"{format}-{quantize or 32}" + (".keras" if format == "keras" else "")
    note = ""
    try:
        try:
            seen = export(run, Path(folder) / name, format=format, quantize=quantize,
                          backend=backend, verbose=0)
        except KbertError as error:
            if "by tanh" not in str(error):
                raise
            note = "with tanh"
            seen = export(tanh, Path(folder) / name, format=format, backend=backend,
                          verbose=0)
        row = {"greatest": seen.greatest, "size": seen.size, "per_second": seen.per_second,
               "agreeing": seen.agreeing, "texts": seen.texts, "accuracy": seen.accuracy}
    except KbertError as error:
        row = {"refused": str(error)}
    print(json.dumps({"format": format, "quantize": quantize, "note": note, **row}), flush=True)
"""
WITH_TANH = """
import shutil, sys
from kbert.backend.choose_backend import import_keras
import_keras()
from kbert import BertClassifier
model = BertClassifier.load(sys.argv[1], dtype="float32")
other = BertClassifier.from_config({**model.get_config(), "gelu": "tanh"})
other.set_weights(model.get_weights())
other.save_to(sys.argv[2] + "/model")
for name in ("config.toml", "run.json"):  # which name the development set
    shutil.copy(sys.argv[1] + "/" + name, sys.argv[2])
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--backends", nargs="+", default=get_args(Backend))
    parser.add_argument("--formats", nargs="+", default=get_args(ExportFormat))
    arguments = parser.parse_args()
    wanted: list[tuple[str, str | None]] = [(format, None) for format in arguments.formats]
    wanted += [(format, "int8") for format in arguments.formats if FORMATS[format].int8 is not None]
    print("format       | backend    | written on | differs by | same label |      MB | texts/s |")
    print(
        "-------------|------------|------------|------------|------------|---------|---------|--"
    )
    with tempfile.TemporaryDirectory() as between:
        tanh = Path(between) / "tanh"
        tanh.mkdir()
        python(WITH_TANH, str(arguments.run), str(tanh))
        for backend in arguments.backends:
            folder = Path(between) / backend
            asked = json.dumps([str(arguments.run), str(tanh), str(folder), backend, wanted])
            for line in python(WORKER, asked).splitlines():
                if line.startswith("{"):
                    print(shown(json.loads(line), backend), flush=True)


def python(code: str, *given: str) -> str:
    """Return what a separate process prints."""
    environment = {**os.environ, "KERAS_BACKEND": os.environ.get("KERAS_BACKEND", "tensorflow")}
    if given[0].startswith("["):
        environment["KERAS_BACKEND"] = json.loads(given[0])[3]
    done = subprocess.run(
        [sys.executable, "-c", code, *given], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return done.stdout


def shown(row: dict, backend: str) -> str:
    """Return a line of the table."""
    name = f"{row['format']} {row['quantize'] or ''}".strip()
    written = FORMATS[row["format"]].backend or backend
    start = f"{name:12} | {backend:10} | {written:10} |"
    if "refused" in row:
        return f"{start} {row['refused']}"
    note = row["note"]
    if row["quantize"]:
        before, after = row["accuracy"] or (0.0, 0.0)
        note = f"accuracy {before:.4f} -> {after:.4f}"
    return (
        f"{start} {row['greatest']:10.1e} | {row['agreeing']:4} of {row['texts']:3} | "
        f"{row['size'] / 1e6:7.1f} | {row['per_second']:7,.0f} | {note}"
    )


if __name__ == "__main__":
    main()
