"""Folders of Hugging Face's BERT: config.json, weights, and the tokenizer's files."""

import math
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kbert.errors import InputError, KbertError
from kbert.interop.config_checks import check_backbone, check_fits_file
from kbert.interop.model_data import ModelData, bert_sizes, take_weights
from kbert.interop.weights import weight_specs
from kbert.tokenizer.hugging_face_files import added_tokens_beside, special_tokens
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import check_file, is_plain_name, read_json
from kbert.utils.untrusted_weights import safetensors_size
from kbert.utils.wording import count_noun

# What a config calls the two forms of GELU.
GELU: dict[str, Literal["tanh", "erf"]] = {
    "gelu": "erf",
    "gelu_python": "erf",
    "gelu_new": "tanh",
    "gelu_fast": "tanh",
    "gelu_pytorch_tanh": "tanh",
}
_KNOWN_BESIDE = re.compile(r"(bert\.)?embeddings\.position_ids|cls\..*")


def read_hugging_face(folder: str | Path) -> ModelData:
    """Return the model of a folder that `save_pretrained` has written.

    Weights are read from *.safetensors, or from PyTorch's pickles (*.bin) by a load that makes
    nothing but tensors. The heads of pretraining are left behind.

    Args:
        folder: str or Path.

    Raises:
        KbertError: it is no BERT or no classifier of one label a text, or weights are missing,
            surplus or misshapen.
    """
    folder = Path(folder)
    file = folder / "config.json"
    config = read_json(file)
    sizes, gelu = hugging_face_sizes(config, file), hugging_face_gelu(config, file)
    check_backbone(sizes, file)
    shapes, read = _open(folder)
    theirs, beside = _plain_names(shapes)
    labels = _labels(config, file) if "classifier.weight" in theirs else None
    check_fits_file(
        sizes, len(labels or ()), (len(shapes), sum(map(math.prod, shapes.values()))), folder
    )
    arrays = take_weights(
        weight_specs(sizes, len(labels or ())),
        {name: shapes[own] for name, own in theirs.items()},
        lambda name: read(theirs[name]),
        folder,
        form="hugging_face",
    )
    notes = [f"Left behind: {count_noun(len(beside), 'array')} of pretraining."] if beside else []
    dropout = config.get("classifier_dropout")
    return ModelData(
        kind="a Hugging Face BERT",
        backbone=sizes,
        gelu=gelu,
        read_tokenizer=lambda: hugging_face_tokenizer(folder),
        arrays=arrays,
        classes=len(labels or ()),
        labels=labels,
        dropout=sizes["dropout"] if dropout is None else dropout,
        notes=notes,
    )


def hugging_face_sizes(config: dict[str, Any], source: object) -> dict[str, Any]:
    """Return the arguments of `BertBackbone`, or raise KbertError: it is another kind of BERT."""
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise InputError(
            "{source}: position_embedding_type must be absolute. Received: "
            "{position_embedding_type!r:.80}",
            source=source,
            position_embedding_type=config["position_embedding_type"],
        )
    return bert_sizes(config, source)


def hugging_face_gelu(config: dict[str, Any], source: object) -> Literal["tanh", "erf"]:
    """Return which GELU the weights were trained with."""
    activation = config.get("hidden_act", "gelu")
    if not isinstance(activation, str) or activation not in GELU:
        raise InputError(
            "{source}: hidden_act must be one of {gelu}. Received: {activation!r:.80}",
            source=source,
            gelu=", ".join(GELU),
            activation=activation,
        )
    return GELU[activation]


def hugging_face_tokenizer(folder: Path) -> Tokenizer:
    """Return the tokenizer of a folder's tokenizer.json, or of its vocab.txt and settings."""
    config = _read_if_there(folder / "tokenizer_config.json")
    if "added_tokens_decoder" not in config:  # as transformers has it
        config = {**config, **_read_if_there(folder / "special_tokens_map.json")}
    if (folder / "tokenizer.json").is_file():
        found = Tokenizer.from_file(folder / "tokenizer.json")
    else:
        found = Tokenizer.from_file(
            folder / "vocab.txt",
            lowercase=config.get("do_lower_case", True),
            strip_accents=config.get("strip_accents"),
            split_cjk=config.get("tokenize_chinese_chars", True),
        )
        older = _read_if_there(folder / "added_tokens.json")
        found = _with_added(found, added_tokens_beside(config, older, found.ids, folder), folder)
    named = {token["content"] for token in found.added_tokens}
    special = {token["content"]: token for token in special_tokens(config)}
    # Of what is called special and not added, a piece is unsplittable; the rest has no weights.
    beside = [t for text, t in special.items() if text in found.ids and text not in named]
    return _with_added(found, beside, folder)


def _with_added(found: Tokenizer, tokens: list[dict[str, Any]], folder: Path) -> Tokenizer:
    if not tokens:
        return found
    added = [*found.added_tokens, *tokens]
    try:
        return Tokenizer.from_config({**found.get_config(), "added_tokens": added})
    except KbertError as error:
        raise InputError("{folder}: {error}", folder=folder, error=error) from None


def _read_if_there(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}


def _labels(config: dict[str, Any], source: object) -> tuple[str, ...]:
    """Return the names of a head's classes."""
    problem = config.get("problem_type")
    if problem not in (None, "single_label_classification"):
        raise InputError(
            "{source}: the model was trained for {problem!r:.80}, and kbert takes "
            "single_label_classification: one label a text.",
            source=source,
            problem=problem,
        )
    names = config.get("id2label", {"0": "LABEL_0", "1": "LABEL_1"})
    try:
        found = tuple(names[str(number)] for number in range(len(names)))
    except (KeyError, TypeError):
        raise InputError(
            "{source}: id2label must name the classes from 0 on. Received: {names!r:.80}",
            source=source,
            names=names,
        ) from None
    if len(found) < 2 or len(set(found)) < len(found) or not all(isinstance(n, str) for n in found):
        raise InputError(
            "{source}: id2label must give at least two classes different names. Received: "
            "{found!r:.80}",
            source=source,
            found=list(found),
        )
    return found


def _plain_names(shapes: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return their own names by the plain ones, without prefix, and what is left behind."""
    theirs, beside = {}, []
    for own in shapes:
        if _KNOWN_BESIDE.fullmatch(own):
            beside += [own] if own.startswith("cls.") else []
            continue
        plain = own.removeprefix("bert.")
        if plain.endswith(("LayerNorm.gamma", "LayerNorm.beta")):  # as it was written until 2019
            plain = plain.replace(".gamma", ".weight").replace(".beta", ".bias")
        theirs[plain] = own
    return theirs, beside


def _open(folder: Path) -> tuple[dict[str, tuple[int, ...]], Any]:
    """Return the shapes of a folder's weights by name, and the function that reads an array."""
    for ending, read in ((".safetensors", _open_safetensors), (".bin", _open_pickles)):
        stem = "model" if ending == ".safetensors" else "pytorch_model"
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
    raise InputError(
        "{folder} holds no weights (model.safetensors, pytorch_model.bin). To train a new "
        "model of that size from random weights: --weights random",
        folder=folder,
    )


def _open_safetensors(folder: Path, names: list[str]) -> tuple[dict[str, tuple[int, ...]], Any]:
    from safetensors import safe_open

    shapes: dict[str, tuple[int, ...]] = {}
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


def _open_pickles(folder: Path, names: list[str]) -> tuple[dict[str, tuple[int, ...]], Any]:
    try:
        import torch
    except ImportError:
        raise InputError(
            "{folder} is PyTorch's, which is not installed. Install it: pip install torch; or "
            "convert the model: save_pretrained(FOLDER, safe_serialization=True)",
            folder=folder / names[0],
        ) from None
    tensors: dict[str, Any] = {}
    for name in names:
        check_file(folder / name, folder)
        try:
            # weights_only: an unpickler that makes tensors and plain containers, and nothing else.
            loaded = torch.load(folder / name, map_location="cpu", weights_only=True, mmap=True)
        except Exception as error:  # torch lets through what its unpickler raises
            first_line = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise InputError(
                "{folder} holds something else than tensors, or is broken, and is not read: "
                "{first_line}",
                folder=folder / name,
                first_line=first_line[:200],
            ) from None
        if not isinstance(loaded, dict) or not all(
            isinstance(k, str) and isinstance(v, torch.Tensor) for k, v in loaded.items()
        ):
            raise InputError(
                "{folder}: tensors by their names were expected.", folder=folder / name
            )
        tensors |= loaded
    # A view may claim more than is stored.
    numbers = sum(tensor.numel() for tensor in tensors.values())
    held = sum((folder / name).stat().st_size for name in names)
    if numbers > held:
        raise InputError(
            "{folder} claims {numbers:,} numbers, and its files hold {held:,} bytes.",
            folder=folder / names[0],
            numbers=numbers,
            held=held,
        )
    return (
        {name: tuple(tensor.shape) for name, tensor in tensors.items()},
        lambda name: tensors[name].detach().to(torch.float32).numpy(),
    )
