"""The variables of TensorFlow 1 checkpoints, read with TensorFlow."""

import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.interop.stored_names import Shapes
from kbert.utils.foreign import foreign_input
from kbert.utils.missing_package import pip_install
from kbert.utils.untrusted import check_file, read_bytes

Read = Callable[[str], np.ndarray]
_NUMBERED = re.compile(r"model\.ckpt-(\d+)\.index")
_PATTERN = re.compile(r"[*?\[\]{}\\]")


def checkpoint_prefix(folder: Path) -> str | None:
    """Return the name of a folder's checkpoint without its endings, or None.

    A release has bert_model.ckpt. An output directory has model.ckpt-N: the last one, as named by
    the file `checkpoint`, or else the one with the greatest N.
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
    """Return TensorFlow, the only library that reads and writes TensorFlow 1 checkpoints."""
    try:
        import tensorflow
    except ImportError:
        raise InputError(
            "Checkpoints of TensorFlow 1 are read and written by TensorFlow, which is not "
            "installed. Install it: {install}",
            install=pip_install("tensorflow"),
        ) from None
    return tensorflow


@contextmanager
def open_checkpoint(folder: Path, prefix: str) -> Iterator[tuple[Shapes, Read]]:
    """Yield the shapes in a checkpoint by name, and the function that reads an array."""
    tf = import_tensorflow()
    checkpoint = folder / prefix
    index = folder / f"{prefix}.index"
    shards = sorted(p for p in folder.iterdir() if p.name.startswith(f"{prefix}.data-"))
    if not shards:
        raise InputError(
            "{index} is there, but its weights are not: {prefix}.data-00000-of-00001 or similar.",
            index=index,
            prefix=prefix,
            cure=Cure(
                note="put all files of the checkpoint into {folder}", values={"folder": folder}
            ),
        )
    for path in (index, *shards):
        check_file(path, folder)
    with _without_patterns(checkpoint, (index, *shards)) as name:
        with foreign_input("{checkpoint} cannot be read: {reason}", checkpoint=checkpoint):
            # Not load_checkpoint: it opens the checkpoint that a folder of that name points to.
            reader = tf.compat.v1.train.NewCheckpointReader(name)
            shapes = {n: tuple(s) for n, s in reader.get_variable_to_shape_map().items()}
        numbers, held = sum(map(math.prod, shapes.values())), sum(p.stat().st_size for p in shards)
        if numbers > held:
            raise InputError(
                "{checkpoint} claims {numbers:,} numbers, but its files hold {held:,} bytes.",
                checkpoint=checkpoint,
                numbers=numbers,
                held=held,
            )

        def read(variable: str) -> np.ndarray:
            what = f"{checkpoint}: {variable}"
            with foreign_input("{what} cannot be read: {reason}", what=what):
                return np.asarray(reader.get_tensor(variable))

        yield shapes, read


@contextmanager
def _without_patterns(checkpoint: Path, files: Sequence[Path]) -> Iterator[str]:
    """Yield a name that TensorFlow resolves to these files and no others.

    TensorFlow expands the characters of a pattern, and would open files that were not checked.
    """
    if not _PATTERN.search(str(checkpoint)):
        yield str(checkpoint)
        return
    with tempfile.TemporaryDirectory() as links:
        for file in files:
            ending = file.name.removeprefix(checkpoint.name)
            (Path(links) / f"checkpoint{ending}").symlink_to(os.path.realpath(file))
        yield str(Path(links) / "checkpoint")


def read_step(shapes: Shapes, read: Read) -> int | None:
    """Return the value of global_step, or None if there is no such number."""
    if shapes.get("global_step") != ():
        return None
    step = read("global_step")
    return int(step) if step.dtype.kind in "iu" else None
