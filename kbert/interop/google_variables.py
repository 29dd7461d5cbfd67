"""The variables of TensorFlow 1 checkpoints, read with TensorFlow."""

import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.utils.untrusted import check_file, read_bytes
from kbert.utils.wording import count_noun

Shapes = dict[str, tuple[int, ...]]
_NUMBERED = re.compile(r"model\.ckpt-(\d+)\.index")
_SLOT = re.compile(r"/adam_[mv](_\d+)?$")


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


def import_tensorflow() -> Any:
    """Return TensorFlow, which alone reads and writes checkpoints of its first version."""
    try:
        import tensorflow
    except ImportError:
        raise InputError(
            "Checkpoints of TensorFlow 1 are read and written by TensorFlow, which is not "
            "installed. Install it: pip install 'keras-kbert[tensorflow]'"
        ) from None
    return tensorflow


def open_checkpoint(folder: Path, prefix: str) -> tuple[Shapes, Callable[[str], np.ndarray]]:
    """Return the shapes in a checkpoint by name, and the function that reads an array."""
    tf = import_tensorflow()
    checkpoint = folder / prefix
    files = sorted(folder.glob(f"{prefix}.data-*-of-*"))
    for path in (folder / f"{prefix}.index", *files):
        check_file(path, folder)
    try:
        reader = tf.train.load_checkpoint(str(checkpoint))
        shapes = {n: tuple(s) for n, s in reader.get_variable_to_shape_map().items()}
    except Exception as error:  # TensorFlow's reader lets through what its parts raise
        raise _unreadable(checkpoint, error) from None
    numbers, held = sum(map(math.prod, shapes.values())), sum(p.stat().st_size for p in files)
    if numbers > held:
        raise InputError(
            "{checkpoint} claims {numbers:,} numbers, but its files hold {held:,} bytes.",
            checkpoint=checkpoint,
            numbers=numbers,
            held=held,
        )

    def read(name: str) -> np.ndarray:
        try:
            return np.asarray(reader.get_tensor(name))
        except Exception as error:
            raise _unreadable(f"{checkpoint}: {name}", error) from None

    return shapes, read


def drop_training_variables(
    shapes: Shapes, read: Callable[[str], np.ndarray]
) -> tuple[Shapes, tuple[str, ...]]:
    """Drop variables that are not classifier weights; return the rest, and notes on the dropped."""
    slots = [name for name in shapes if _SLOT.search(name)]
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
    dropped = {*slots, *pretraining, "global_step"}
    return {n: shape for n, shape in shapes.items() if n not in dropped}, tuple(notes)


def _unreadable(what: object, error: Exception) -> InputError:
    reason = " ".join(str(error).split())
    return InputError("{what} cannot be read: {reason}", what=what, reason=reason[:300])
