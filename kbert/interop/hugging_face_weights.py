"""The weights of Hugging Face folders: *.safetensors, or PyTorch's pickles."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.interop.no_weights import no_weights
from kbert.utils.untrusted import check_file, is_plain_name, read_json
from kbert.utils.untrusted_weights import safetensors_size

Shapes = dict[str, tuple[int, ...]]
Opened = tuple[Shapes, Callable[[str], np.ndarray]]
_IGNORED = re.compile(r"(bert\.)?embeddings\.position_ids")


def open_weights(folder: Path) -> Opened:
    """Return the shapes of a folder's weights by name, and the function that reads an array."""
    for stem, ending, read in (
        ("model", ".safetensors", _open_safetensors),
        ("pytorch_model", ".bin", _open_pickles),
    ):
        index = folder / f"{stem}{ending}.index.json"
        if index.is_file():
            shards = read_json(index).get("weight_map")
            names = list(shards.values()) if isinstance(shards, dict) else []
            if not names or not all(map(is_plain_name, names)):
                raise InputError(
                    "{index}: names of files in the folder itself were expected.", index=index
                )
            return read(folder, sorted(set(names)))
        if (folder / f"{stem}{ending}").is_file():
            return read(folder, [f"{stem}{ending}"])
    raise no_weights(folder, "model.safetensors, pytorch_model.bin")


def bare_names(shapes: Shapes) -> tuple[dict[str, str], list[str]]:
    """Return the file's names by those without prefix, and the names of pretraining's heads."""
    names, pretraining = {}, []
    for name in shapes:
        if name.startswith("cls."):
            pretraining.append(name)
        elif not _IGNORED.fullmatch(name):
            bare = name.removeprefix("bert.")
            if bare.endswith(("LayerNorm.gamma", "LayerNorm.beta")):  # as written until 2019
                bare = bare.replace(".gamma", ".weight").replace(".beta", ".bias")
            names[bare] = name
    return names, pretraining


def _open_safetensors(folder: Path, names: list[str]) -> Opened:
    from safetensors import safe_open

    shapes: Shapes = {}
    files = {}
    for name in names:
        safetensors_size(folder / name, folder)
        with safe_open(folder / name, framework="numpy") as opened:
            for key in opened.keys():  # noqa: SIM118
                shapes[key] = tuple(opened.get_slice(key).get_shape())
                files[key] = folder / name

    def read(key: str) -> np.ndarray:
        with safe_open(files[key], framework="numpy") as opened:
            return opened.get_tensor(key)

    return shapes, read


def _open_pickles(folder: Path, names: list[str]) -> Opened:
    try:
        import torch
    except ImportError:
        raise InputError(
            "{file} is a PyTorch file, and PyTorch is not installed. Install it: pip install "
            "'keras-kbert[torch]'; or convert the model: save_pretrained(FOLDER, "
            "safe_serialization=True)",
            file=folder / names[0],
        ) from None
    tensors: dict[str, Any] = {}
    for name in names:
        tensors |= _load_tensors(folder / name, folder)
    # A view may claim more than is stored.
    numbers = sum(tensor.numel() for tensor in tensors.values())
    held = sum((folder / name).stat().st_size for name in names)
    if numbers > held:
        raise InputError(
            "{file} claims {numbers:,} numbers, but its files hold {held:,} bytes.",
            file=folder / names[0],
            numbers=numbers,
            held=held,
        )
    return (
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        lambda name: tensors[name].detach().to(torch.float32).numpy(),
    )


def _load_tensors(file: Path, folder: Path) -> dict[str, Any]:
    """Return the tensors in one of PyTorch's pickles."""
    import torch

    check_file(file, folder)
    try:
        # weights_only: an unpickler that makes tensors and plain containers, and nothing else.
        loaded = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:  # torch lets through what its unpickler raises
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            "{file} is broken or holds something other than tensors, and is not read: {reason}",
            file=file,
            reason=first_line[:200],
        ) from None
    if not isinstance(loaded, dict) or not all(
        isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in loaded.items()
    ):
        raise InputError("{file}: tensors by their names were expected.", file=file)
    return loaded
