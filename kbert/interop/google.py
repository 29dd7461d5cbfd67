"""Checkpoints of google-research/bert: releases, and output directories of run_classifier.py."""

import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.interop.config_checks import check_backbone
from kbert.interop.model_data import ModelData, bert_sizes, take_weights
from kbert.interop.weights import weight_specs
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.untrusted import check_file, read_bytes, read_json
from kbert.utils.wording import count_noun

GOOGLE_CONFIG, _VOCABULARY = "bert_config.json", "vocab.txt"
_NUMBERED = re.compile(r"model\.ckpt-(\d+)\.index")
# The folder names of Google's releases, as its validate_case_matches_checkpoint knows them.
_CASED = re.compile(r"(?<!un)cased_")
_UNCASED = re.compile(r"uncased_|chinese_|multilingual_")


def checkpoint_prefix(folder: Path) -> str | None:
    """Return the name of a folder's checkpoint without its endings, or None.

    A release has bert_model.ckpt; an output directory has model.ckpt-N, of which the file
    `checkpoint` names the last one, or else the greatest N counts.
    """
    if (folder / "bert_model.ckpt.index").is_file():
        return "bert_model.ckpt"
    named = folder / "checkpoint"
    if named.is_file():
        text = read_bytes(named, folder).decode("utf-8", "replace")
        found = re.match(r'model_checkpoint_path: "([^"]*)"', text)
        prefix = os.path.basename(found[1]) if found else ""
        if prefix and (folder / f"{prefix}.index").is_file():
            return prefix
    steps = [int(m[1]) for path in folder.iterdir() if (m := _NUMBERED.fullmatch(path.name))]
    return f"model.ckpt-{max(steps)}" if steps else None


def read_google(
    folder: str | Path, *, base: str | Path | None = None, lowercase: bool | None = None
) -> ModelData:
    """Return the model of a release, or of an output directory of run_classifier.py.

    The slots of Adam, global_step, and the heads of pretraining are left behind.

    Args:
        folder: str or Path. With bert_model.ckpt.* or model.ckpt-N.*.
        base: str or Path. Where bert_config.json and vocab.txt are, which an output directory
            does not hold: the release that was fine-tuned. Defaults to None: the folder itself.
        lowercase: bool or None. Defaults to None: by the folder's name where it is one of
            Google's, else by whether the vocabulary has upper-case pieces.

    Raises:
        KbertError: files are missing, or weights are missing, surplus or misshapen.

    Source: `modeling.py`, `optimization.py` and `tokenization.py` of google-research/bert.
    """
    folder = Path(folder)
    beside = folder if base is None else Path(base)
    prefix = checkpoint_prefix(folder)
    if prefix is None:
        raise InputError(
            "{folder} holds no checkpoint (bert_model.ckpt.* or model.ckpt-N.*).", folder=folder
        )
    for name in (GOOGLE_CONFIG, _VOCABULARY):
        if not (beside / name).is_file():
            raise InputError(
                "{beside} holds no {name}. Name the release that {folder} was trained from: "
                "--base FOLDER",
                beside=beside,
                name=name,
                folder=folder,
            )
    sizes = google_sizes(beside)
    lowercase, why = _casing(beside, lowercase)
    shapes, read = _open(folder, prefix)
    kept, notes = _leave_behind(shapes, read)
    classes = kept["output_bias"][0] if len(kept.get("output_bias", ())) == 1 else 0
    arrays = take_weights(weight_specs(sizes, classes), kept, read, folder / prefix, form="google")
    return ModelData(
        kind="a TF1 checkpoint of Google's BERT",
        backbone=sizes,
        gelu="tanh",
        read_tokenizer=lambda: google_tokenizer(beside, lowercase),
        arrays=arrays,
        classes=classes,
        labels=_labels(folder, classes),
        notes=[f"{'Lower-casing' if lowercase else 'No lower-casing'}: {why}.", *notes],
    )


def google_sizes(folder: Path) -> dict[str, Any]:
    """Return the arguments of `BertBackbone` from a bert_config.json."""
    file = folder / GOOGLE_CONFIG
    config = read_json(file)
    if config.get("hidden_act", "gelu") != "gelu":
        raise InputError(
            "{file}: hidden_act must be gelu. Received: {hidden_act!r:.80}",
            file=file,
            hidden_act=config["hidden_act"],
        )
    sizes = bert_sizes(config, file)
    check_backbone(sizes, file)
    return sizes


def google_tokenizer(folder: Path, lowercase: bool | None = None) -> Tokenizer:
    """Return the tokenizer of a release, lower-casing as `read_google` decides it."""
    return Tokenizer.from_file(folder / _VOCABULARY, lowercase=_casing(folder, lowercase)[0])


def import_tensorflow() -> Any:
    """Return TensorFlow, which alone reads and writes checkpoints of its first version."""
    try:
        import tensorflow
    except ImportError:
        raise InputError(
            "Checkpoints of TensorFlow 1 are read and written by TensorFlow, which is not "
            "installed. Install it: pip install tensorflow"
        ) from None
    return tensorflow


def _open(folder: Path, prefix: str) -> tuple[dict[str, tuple[int, ...]], Any]:
    """Return the shapes in a checkpoint by name, and the function that reads an array."""
    tf = import_tensorflow()
    files = sorted(folder.glob(f"{prefix}.data-*-of-*"))
    for path in (folder / f"{prefix}.index", *files):
        check_file(path, folder)
    try:
        reader = tf.train.load_checkpoint(str(folder / prefix))
        shapes = {n: tuple(s) for n, s in reader.get_variable_to_shape_map().items()}
    except Exception as error:  # TensorFlow's reader lets through what its parts raise
        said = " ".join(str(error).split())
        raise InputError(
            "{folder} cannot be read: {said}", folder=folder / prefix, said=said[:300]
        ) from None
    numbers, held = sum(map(math.prod, shapes.values())), sum(p.stat().st_size for p in files)
    if numbers > held:
        raise InputError(
            "{folder} claims {numbers:,} numbers, and its files hold {held:,} bytes.",
            folder=folder / prefix,
            numbers=numbers,
            held=held,
        )

    def read(name: str) -> np.ndarray:
        try:
            return np.asarray(reader.get_tensor(name))
        except Exception as error:
            said = " ".join(str(error).split())
            raise InputError(
                "{folder}: {name} cannot be read: {said}",
                folder=folder / prefix,
                name=name,
                said=said[:300],
            ) from None

    return shapes, read


def _leave_behind(
    shapes: dict[str, tuple[int, ...]], read: Any
) -> tuple[dict[str, tuple[int, ...]], list[str]]:
    """Return what is no part of a classifier's weights taken out, and what it was."""
    slots = [name for name in shapes if re.search(r"/adam_[mv](_\d+)?$", name)]
    pretraining = [name for name in shapes if name.startswith("cls/") and name not in slots]
    notes = []
    if slots:
        notes.append(f"Left behind: {count_noun(len(slots), 'slot')} of Adam.")
    if "global_step" in shapes:
        notes.append(f"Left behind: global_step {int(read('global_step'))}.")
    if pretraining:
        notes.append(
            f"Left behind: {count_noun(len(pretraining), 'weight')} of pretraining (cls/*)."
        )
    out = {*slots, *pretraining, "global_step"}
    return {name: shape for name, shape in shapes.items() if name not in out}, notes


def _labels(folder: Path, classes: int) -> tuple[str, ...] | None:
    """Return the names of a head's classes where kbert has written them; Google's code does not."""
    file = folder / "labels.txt"
    if not classes or not file.is_file():
        return None
    text = read_bytes(file, folder).decode("utf-8", "replace")
    return tuple(text.removesuffix("\n").split("\n"))  # a label may hold Unicode's line separators


def _casing(folder: Path, lowercase: bool | None) -> tuple[bool, str]:
    """Return whether to lower-case, and why."""
    if lowercase is not None:
        return lowercase, "as you said"
    name = folder.resolve().name
    if _CASED.search(name) or _UNCASED.search(name):
        return not _CASED.search(name), f"by the folder's name, {name}"
    text = read_bytes(folder / _VOCABULARY, folder).decode("utf-8", "replace")
    upper = next((p for p in text.split("\n") if not p.startswith("[") and p != p.lower()), None)
    if upper is None:
        return True, "the vocabulary has no upper-case pieces"
    return False, f"the vocabulary has upper-case pieces, such as {upper.strip()!r}"
