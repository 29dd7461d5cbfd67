"""The weights of Hugging Face folders: *.safetensors, or PyTorch's pickles."""

import importlib.util
import pickle
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.no_weights import no_weights
from kbert.interop.stored_names import Shapes
from kbert.utils.foreign import foreign_input
from kbert.utils.missing_package import pip_install
from kbert.utils.untrusted import check_file, is_plain_name, read_json
from kbert.utils.untrusted_weights import safetensors_size
from kbert.utils.wording import count_noun

_UNREADABLE = "{file} cannot be read: {reason}"
_CURE = Cure(note="write the model with save_pretrained of transformers")
# safetensors' names for types that NumPy has no name for.
_NOT_OF_NUMPY = ("F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4")
Opened = tuple[Shapes, Callable[[str], np.ndarray]]


def open_weights(folder: Path) -> Opened:
    """Return the shapes of a folder's weights by name, and the function that reads an array."""
    for stem, ending, read in _FORMS:
        # In transformers' order: if a folder has a single file and shards, the file is the model.
        if (folder / f"{stem}{ending}").is_file():
            return read(folder, [f"{stem}{ending}"])
        index = folder / f"{stem}{ending}.index.json"
        if index.is_file():
            return read(folder, _shards(index))
    raise no_weights(folder, "model.safetensors, pytorch_model.bin")


def _shards(index: Path) -> list[str]:
    """Return the names of the files over which weights are spread, or raise InputError."""
    shards = read_json(index).get("weight_map")
    names = list(shards.values()) if isinstance(shards, dict) else []
    if not names or not all(map(is_plain_name, names)):
        raise InputError("{index}: names of files in the folder itself were expected.", index=index)
    names = sorted(set(names))
    missing = [name for name in names if not (index.parent / name).is_file()]
    if missing:
        raise InputError(
            "{index} names {count}, of which {missing} is missing.",
            index=index,
            count=count_noun(len(names), "file"),
            missing=missing[0],
            cure=Cure(note="put the missing files beside it"),
        )
    return names


def holds_weights(folder: Path) -> bool:
    """Whether there is a file that `open_weights` would read."""
    return any(
        (folder / f"{stem}{ending}{index}").is_file()
        for stem, ending, _ in _FORMS
        for index in ("", ".index.json")
    )


def _open_safetensors(folder: Path, names: list[str]) -> Opened:
    from safetensors import safe_open

    shapes: Shapes = {}
    files = {}
    for name in names:
        file = folder / name
        safetensors_size(file, folder)
        with foreign_input(_UNREADABLE, file=file), safe_open(file, framework="numpy") as opened:
            held = {key: opened.get_slice(key).get_shape() for key in opened.keys()}  # noqa: SIM118
        for key, shape in held.items():
            shapes[key] = tuple(shape)
            files[key] = file

    def read(key: str) -> np.ndarray:
        what = f"{files[key]}: {key}"
        with (
            foreign_input(_UNREADABLE, file=what),
            safe_open(files[key], framework="numpy") as opened,
        ):
            kind = opened.get_slice(key).get_dtype()
            array = None if kind in _NOT_OF_NUMPY else opened.get_tensor(key)
        if array is None:
            raise InputError("{what} holds {kind}; floats were expected.", what=what, kind=kind)
        return array

    return shapes, read


def _open_pickles(folder: Path, names: list[str]) -> Opened:
    if importlib.util.find_spec("torch") is None:
        raise InputError(
            "{file} is a PyTorch file, and PyTorch is not installed. Install it: {install}; or "
            "convert the model: save_pretrained(FOLDER, safe_serialization=True)",
            file=folder / names[0],
            install=pip_install("torch"),
        )
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
        lambda name: _to_numpy(tensors[name], f"{folder / names[0]}: {name}"),
    )


def _load_tensors(file: Path, folder: Path) -> dict[str, Any]:
    """Return the tensors in a PyTorch pickle; all are plain arrays in memory."""
    import torch

    with foreign_input(_UNREADABLE, file=file):  # errors of the file system
        check_file(file, folder)
        with file.open("rb") as opened:
            is_zip = opened.read(4) == b"PK\x03\x04"  # as PyTorch has written since 1.6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about kinds of tensors that are refused below
        with foreign_input(
            "{file} is broken or holds something other than tensors, and is not read: {reason}",
            file=file,
        ):
            try:
                # weights_only: an unpickler that creates nothing but tensors and plain containers.
                loaded = torch.load(file, map_location="cpu", weights_only=True, mmap=is_zip)
            except pickle.UnpicklingError as error:
                # PyTorch's own message explains how to let the file run code.
                raise InputError(
                    "{file} is broken or holds something other than tensors, and is not read.",
                    file=file,
                    cure=_CURE,
                ) from error
    if not isinstance(loaded, dict):
        raise _not_tensors(file, type(loaded).__name__)
    for name, tensor in loaded.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise _not_tensors(file, f"{type(tensor).__name__} as {name!r:.80}")
    for name, tensor in loaded.items():
        kind = _other_kind(tensor)
        if kind is not None:
            raise InputError(
                "{file}: {name!r:.80} is a {kind} tensor; a plain one was expected.",
                file=file,
                name=name,
                kind=kind,
            )
    return loaded


def _not_tensors(file: Path, received: str) -> InputError:
    return InputError(
        "{file}: tensors by their names were expected. Received: {received}",
        file=file,
        received=received,
        cure=_CURE,
    )


def _other_kind(tensor: Any) -> str | None:
    """Return the kind of a tensor that is not a plain array in memory, or None."""
    import torch

    if tensor.is_nested:
        return "nested"
    if tensor.is_quantized:
        return "quantized"
    if tensor.layout is not torch.strided:
        return "sparse"
    return None if tensor.device.type == "cpu" else tensor.device.type


def _to_numpy(tensor: Any, what: str) -> np.ndarray:
    """Return a tensor of floating-point numbers as an array."""
    import torch

    if tensor.dtype not in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        raise InputError(
            "{what} holds {dtype}; floats were expected.",
            what=what,
            dtype=str(tensor.dtype).removeprefix("torch."),
        )
    with foreign_input(_UNREADABLE, file=what):
        return tensor.detach().to(torch.float32).numpy()


_FORMS = (("model", ".safetensors", _open_safetensors), ("pytorch_model", ".bin", _open_pickles))
