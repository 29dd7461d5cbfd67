"""Feed mutated files to everything that reads untrusted files; only KbertError may be raised.

Usage: python tools/fuzz.py SECONDS [TARGET ...]

Atheris (libFuzzer) mutates valid files, guided by the code of kbert that they reach. Each target
runs in its own process for its share of the time. The findings of a target are in
.cache/fuzz/TARGET: a file for each kind of finding, with its traceback beside it.
"""

import bz2
import gzip
import lzma
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz_models import MODEL_TARGETS
from fuzz_samples import (
    ADDED,
    CONFIG,
    PIECES,
    SPEC,
    archive,
    arrow,
    as_json,
    h5,
    keras_file,
    parquet,
    safetensors,
)

FINDINGS = Path(".cache/fuzz")
TABLE = b"text,label\na,x\nb,y\n"
Read = Callable[[Path], Any]


def examples(suffix: str, *valid: bytes) -> tuple[str, Callable[[], Read], list[bytes]]:
    """Return a target of `read_examples`."""

    def make() -> Read:
        from kbert.data.reading.read_examples import read_examples

        return lambda path: read_examples(path, need_label=False, on_bad_row="skip")

    return f"data{suffix}", make, list(valid)


def settings() -> Read:
    """Return the reader of TOML settings."""
    from kbert.config import TrainConfig

    return TrainConfig.from_toml


def tokenizer() -> Read:
    """Return the reader of vocabularies."""
    from kbert.tokenizer.tokenizer import Tokenizer

    return Tokenizer.from_file


def classifier() -> Read:
    """Return the reader of a model's configuration, which reads a tokenizer with it."""
    from kbert.interop.config_checks import check_classifier, check_fits_file
    from kbert.utils.untrusted import read_json

    def read(path: Path) -> None:
        config = read_json(path)
        check_classifier(config, path)
        check_fits_file(config["backbone"], len(config["labels"]), (25, 300), path)

    return read


def weights() -> Read:
    """Return the reader of safetensors, header and arrays."""
    from safetensors.numpy import load_file

    from kbert.utils.untrusted_weights import safetensors_size

    def read(path: Path) -> None:
        arrays, numbers = safetensors_size(path)
        try:
            loaded = load_file(path)
        except KeyError:  # a type that NumPy lacks; read_arrays refuses it
            return
        assert (len(loaded), sum(a.size for a in loaded.values())) == (arrays, numbers)

    return read


def hdf5() -> Read:
    """Return the check of HDF5 files."""
    from kbert.utils.untrusted_weights import h5_size

    return lambda path: h5_size(path, path)


def keras_zip() -> Read:
    """Return the check of .keras files."""
    from kbert.utils.untrusted_weights import check_keras_zip

    return check_keras_zip


def folder() -> Read:
    """Return the reader of a model folder whose configuration is mutated."""
    from kbert.interop.kbert_model import ModelFolder

    def read(path: Path) -> None:
        (path.parent / "vocab.txt").write_text("\n".join(PIECES), encoding="utf-8")
        (path.parent / "model.safetensors").write_bytes(safetensors())
        ModelFolder(str(path.parent)).read()

    return read


# For each target: the name of its file, a function that returns the reader, and valid files.
TARGETS: dict[str, tuple[str, Callable[[], Read], list[bytes] | Callable[[], list[bytes]]]] = {
    "csv": examples(".csv", b'text,label\n"a ""b""\nc",x\nd,y\n', b"gj04,1,*,a\n"),
    "tsv": examples(".tsv", b'text\tlabel\na b\tx\n"c"\ty\n', b'a\tb\n"c\td\n'),
    "jsonl": examples(
        ".jsonl", b'{"text": "a", "label": 1}\n\n{"text": "b\\u00e9", "label": []}\n'
    ),
    "txt": examples(".txt", b"a text\nanother\r\n", "\ufeffé\n".encode("utf-16-le")),
    "json": examples(
        ".json",
        b'[{"text": "a", "label": 1}, {"text": "b\\u00e9", "label": []}]',
        b'{"text": {"0": "a", "1": "b"}, "label": {"0": 1, "1": 2}}',
        b'{"columns": ["text"], "index": [0], "data": [["a"]]}',
    ),
    "gz": examples(".csv.gz", gzip.compress(TABLE)),
    "bz2": examples(".csv.bz2", bz2.compress(TABLE)),
    "xz": examples(".csv.xz", lzma.compress(TABLE)),
    "zip": (*examples(".zip")[:2], archive),
    "arrow": (*examples(".arrow")[:2], arrow),
    "parquet": (*examples(".parquet")[:2], parquet),
    "toml": (
        "a.toml",
        settings,
        [b'data = "a"\nepochs = 3\nallow = ["x"]\n[a.b]\nc = [1, {d=1}]\n'],
    ),
    "vocab": ("vocab.txt", tokenizer, ["\n".join(PIECES).encode()]),
    "tokenizer": (
        "tokenizer.json",
        tokenizer,
        [as_json(SPEC), as_json({**SPEC, "added_tokens": ADDED})],
    ),
    "config": ("config.json", classifier, [as_json(CONFIG)]),
    "model": ("config.json", folder, [as_json(CONFIG)]),
    "safetensors": ("model.safetensors", weights, lambda: [safetensors()]),
    "h5": ("model.weights.h5", hdf5, lambda: [h5()]),
    "keras": ("model.keras", keras_zip, lambda: [keras_file()]),
    **MODEL_TARGETS,
}


def fuzz(target: str, seconds: str) -> None:
    """Run one target in this process, which ends with it."""
    import atheris

    from kbert.errors import KbertError

    name, make, valid = TARGETS[target]
    with atheris.instrument_imports(include=["kbert"]):
        read = make()
    found = FINDINGS / target
    scratch = Path(tempfile.mkdtemp())
    corpus = scratch / "corpus"
    corpus.mkdir()
    samples = valid if isinstance(valid, list) else valid()
    for number, data in enumerate(samples):
        (corpus / str(number)).write_bytes(data)
    path = scratch / name

    def one(data: bytes) -> None:
        path.write_bytes(data)
        try:
            read(path)
        except KbertError:
            pass
        except Exception as error:  # any other error is a finding
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = f"{type(error).__name__}-{Path(place.filename).stem}-{place.lineno}"
            if not (found / kind).exists():
                (found / kind).write_bytes(data)
                (found / f"{kind}.txt").write_text(traceback.format_exc())

    one(samples[0])  # imports TensorFlow for some targets, too slow for the limit of one input
    arguments = ["-max_len=20000", "-timeout=20", "-rss_limit_mb=3000", "-print_final_stats=1"]
    arguments += [f"-max_total_time={seconds}", f"-artifact_prefix={found}/"]
    atheris.Setup([sys.argv[0], *arguments, str(corpus)], one)
    atheris.Fuzz()


def main(seconds: int, targets: list[str]) -> int:
    """Run targets one after another and print their results; return 1 if there are findings."""
    share = max(1, seconds // len(targets))
    print(f"{'target':<12} {'executions':>12} {'findings':>9}", flush=True)
    total = 0
    for target in targets:
        found = FINDINGS / target
        found.mkdir(parents=True, exist_ok=True)
        for old in found.iterdir():
            old.unlink()
        command = [sys.executable, __file__, "--one", target, str(share)]
        log = subprocess.run(command, capture_output=True, text=True, errors="replace").stderr
        runs = re.findall(r"stat::number_of_executed_units: *(\d+)", log)
        findings = sorted(p.name for p in found.iterdir() if p.suffix != ".txt")
        if not runs:  # it did not end normally
            (found / "ended.txt").write_text(log)
            findings = findings or ["ended early; see ended.txt"]
        total += len(findings)
        executions = f"{int(runs[-1]):,}" if runs else "?"
        print(f"{target:<12} {executions:>12} {len(findings):>9}", *findings, flush=True)
    return min(total, 1)


if __name__ == "__main__":
    if sys.argv[1] == "--one":
        fuzz(*sys.argv[2:4])
    else:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:] or list(TARGETS)))
