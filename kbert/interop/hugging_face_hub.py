"""Models of the Hugging Face Hub that transformers wrote, downloaded into its cache.

keras-hub would convert them, but its BERT has one GELU and one epsilon, whatever config.json says.
"""

import importlib.util
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from kbert.findings import Cure, Joined
from kbert.interop.hugging_face import HuggingFaceFolder
from kbert.interop.known_presets import HF_FILES, HF_WEIGHTS, known_preset, page
from kbert.utils.foreign import foreign_input
from kbert.utils.untrusted import read_json

_SCHEME = "hf://"
_FILES = ["*.json", "vocab.txt"]


def loading(name: str) -> AbstractContextManager[None]:
    """Return the context for calls of a hub's client: its errors become InputErrors."""
    return foreign_input(
        "{name!r} is not a local folder, and could not be loaded from a hub: {reason}",
        name=name,
        cure=_by_hand(name),
    )


def _by_hand(name: str) -> Cure:
    """Return what to do if a hub cannot be reached: which files to fetch, and where to put them."""
    known = known_preset(name)
    repository = name.removeprefix(_SCHEME) if name.startswith(_SCHEME) else None
    if known is not None:
        repository = known.repository
    others = (
        Cure(note="set HF_ENDPOINT to the address of a mirror, for hf:// names"),
        Cure(note="name minilm, a model in a package"),
    )
    if repository is None:
        return Cure(note="check the name and the network, or name a local folder", otherwise=others)
    return Cure(
        note="check the name and the network; or fetch {files} and {weights} (or "
        "pytorch_model.bin) by hand from {page} into a folder, and name the folder",
        values={
            "files": Joined(HF_FILES),
            "weights": HF_WEIGHTS,
            "page": page(repository),
        },
        otherwise=others,
    )


def find_on_hub(name: str) -> HuggingFaceFolder | None:
    """Return the folder of a model that transformers wrote, or None: keras-hub reads the others.

    Only config.json is downloaded until weights or the tokenizer are asked for.

    Args:
        name: str. A preset's name or handle.
    """
    if not name.startswith(_SCHEME) or importlib.util.find_spec("huggingface_hub") is None:
        return None
    import huggingface_hub

    repository = name.removeprefix(_SCHEME)
    with loading(name):
        file = huggingface_hub.hf_hub_download(repo_id=repository, filename="config.json")
    if "model_type" not in read_json(Path(file)):
        return None
    source = HuggingFaceFolder(str(Path(file).parent))
    source.check()
    return source


def download(name: str, *, weights: bool) -> HuggingFaceFolder:
    """Return the folder of a model with its tokenizer's files, and with its weights if asked for.

    Args:
        name: str. The handle.
        weights: bool. Whether to download the weights, as safetensors if there are any.
    """
    with loading(name):
        folder = Path(_snapshot(name, _FILES + ["*.safetensors"] * weights))
        if weights and not any(folder.glob("*.safetensors")):
            folder = Path(_snapshot(name, [*_FILES, "pytorch_model*.bin"]))
    return HuggingFaceFolder(str(folder))


def _snapshot(name: str, patterns: list[str]) -> Any:
    import huggingface_hub

    repository = name.removeprefix(_SCHEME)
    return huggingface_hub.snapshot_download(repo_id=repository, allow_patterns=patterns)
