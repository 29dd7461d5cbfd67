"""Weights in the HDF5 files of Keras and keras-hub."""

import re
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kbert.choices import WeightFormat
from kbert.interop.model_data import take_weights
from kbert.interop.weights import WeightSpec
from kbert.utils.foreign import foreign_input


def read_h5(
    file: Path | BinaryIO, source: object, specs: list[WeightSpec], *, format: WeightFormat
) -> dict[str, np.ndarray]:
    """Return the weights in an HDF5 file by kbert's names.

    Args:
        file: Path or file object, which `h5_size` has checked.
        source: what messages call it.
        specs: list of WeightSpec. The weights that it must hold, no more and no fewer.
        format: "keras" or "keras-hub".

    Raises:
        InputError: the file is broken, or weights are missing, surplus or misshapen.
    """
    import h5py  # type: ignore[import-untyped]

    unreadable = "{source} cannot be read: {reason}"
    with foreign_input(unreadable, source=source):
        opened = h5py.File(file, "r")
    with opened:
        with foreign_input(unreadable, source=source):
            items: list[tuple[str, Any]] = []
            opened.visititems(lambda name, item: items.append((name, item)))
            datasets = [
                (name, item.shape) for name, item in items if isinstance(item, h5py.Dataset)
            ]
        names: dict[str, str] = {}
        shapes: dict[str, tuple[int, ...]] = {}
        for name, shape in datasets:
            bare = _without_underscores(name)
            if _is_weight(bare):
                bare = name if bare in names else bare
                names[bare], shapes[bare] = name, shape or ()

        def read(bare: str) -> np.ndarray:
            with foreign_input(unreadable, source=f"{source}: {bare}"):
                array = np.asarray(opened[names[bare]])
            return _from_halves(array)

        return take_weights(specs, shapes, read, source, format=format)


def _is_weight(name: str) -> bool:
    """Whether a path belongs to a layer's weight, not to an optimizer or a dropout's seed."""
    return name.startswith("layers/") and "/seed_generator/" not in name


def _from_halves(array: np.ndarray) -> np.ndarray:
    """Convert bfloat16 to float32: HDF5 lacks bfloat16, and Keras stores it as two bytes."""
    if array.dtype == np.dtype("V2"):  # the upper half of a float32
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    return array


def _without_underscores(name: str) -> str:
    """Return a path without the underscores that some versions of Keras put before its parts."""
    parts = [part.lstrip("_") for part in name.split("/")]
    return re.sub("^layer_checkpoint_dependencies/", "layers/", "/".join(parts))
