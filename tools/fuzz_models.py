"""The readers of other programs' models, each of a folder in which one file is mutated."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz_samples import (
    BERT,
    CONFIG,
    DECODER,
    EXPORT,
    PIECES,
    as_json,
    bert,
    google_file,
    keras_hub_files,
    onnx_file,
)

Read = Callable[[Path], Any]


def google() -> Read:
    """Return the reader of a Google release whose configuration or index is mutated."""
    from kbert.interop.google import read_google

    release = Path(__file__).parents[1] / "tests" / "data" / "reference" / "tiny_checkpoint"

    def read(path: Path) -> None:
        _lay_beside(path, {file.name: file.read_bytes() for file in release.iterdir()})
        _ = read_google(path.parent).tokenizer

    return read


def hugging_face() -> Read:
    """Return the reader of a Hugging Face folder in which one file is mutated."""
    from kbert.interop.hugging_face import read_hugging_face

    files = {
        "config.json": as_json(BERT),
        "model.safetensors": bert("huggingface"),
        "vocab.txt": "\n".join(PIECES).encode(),
    }

    def read(path: Path) -> None:
        _lay_beside(path, files)
        _ = read_hugging_face(path.parent).tokenizer

    return read


def keras_hub() -> Read:
    """Return the reader of a keras-hub folder in which one file is mutated."""
    from kbert.interop.keras_hub import read_keras_hub

    files = keras_hub_files()

    def read(path: Path) -> None:
        _lay_beside(path, files)
        _ = read_keras_hub(path.parent).tokenizer

    return read


def own() -> Read:
    """Return the reader of a model folder as a preset, whose configuration is mutated."""
    from kbert.interop.kbert_model import ModelFolder
    from kbert.interop.sources import find_source

    def read(path: Path) -> None:
        files = {"vocab.txt": "\n".join(PIECES).encode(), "model.safetensors": bert("kbert")}
        _lay_beside(path, files)
        source = find_source(path.parent)
        if isinstance(source, ModelFolder):
            _ = source.tokenizer(), source.sizes(), source.read().tokenizer

    return read


def exported() -> Read:
    """Return the reader of an export's settings and of the tokenizer that they describe."""
    from kbert.serving.export_settings import ExportSettings

    def read(path: Path) -> None:
        _lay_beside(path, {"vocab.txt": "\n".join(PIECES).encode()})
        settings = ExportSettings.read(path.parent)
        assert len(settings.labels) > 1
        settings.read_tokenizer(path.parent).encode(["a éb"], max_length=settings.max_length)

    return read


def onnx() -> Read:
    """Return the function that opens an export's ONNX program."""
    from kbert.serving.sessions import open_session

    return lambda path: open_session("onnx", path, threads=1)


def _lay_beside(path: Path, files: dict[str, bytes]) -> None:
    """Write the other files of a folder, once."""
    for name, data in files.items():
        file = path.parent / name
        if file != path and not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)


# Like TARGETS in fuzz.py.
MODEL_TARGETS: dict[str, tuple[str, Callable[[], Read], Callable[[], list[bytes]]]] = {
    "google-config": ("bert_config.json", google, lambda: [google_file("bert_config.json")]),
    "google-index": (
        "bert_model.ckpt.index",
        google,
        lambda: [google_file("bert_model.ckpt.index")],
    ),
    "hf-config": ("config.json", hugging_face, lambda: [as_json(BERT)]),
    "hf-tokens": ("tokenizer_config.json", hugging_face, lambda: [as_json(DECODER)]),
    "hf-older": ("added_tokens.json", hugging_face, lambda: [as_json({"<x>": 7, "[Y]": 8})]),
    "hub-config": ("config.json", keras_hub, lambda: [keras_hub_files()["config.json"]]),
    "hub-task": ("task.json", keras_hub, lambda: [keras_hub_files()["task.json"]]),
    "hub-tokens": ("tokenizer.json", keras_hub, lambda: [keras_hub_files()["tokenizer.json"]]),
    "hub-weights": ("task.weights.h5", keras_hub, lambda: [keras_hub_files()["task.weights.h5"]]),
    "own-preset": (
        "config.json",
        own,
        lambda: [as_json({**CONFIG, "tokenizer": {"lowercase": True, "added_tokens": []}})],
    ),
    "export-settings": ("kbert.json", exported, lambda: [as_json(EXPORT)]),
    "export-onnx": ("model.onnx", onnx, lambda: [onnx_file()]),
}
