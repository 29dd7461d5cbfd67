"""Weights in the HDF5 files of Keras and keras-hub."""

import re
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from kbert.choices import WeightFormat
from kbert.errors import InputError, KbertError
from kbert.interop.model_data import take_weights
from kbert.interop.weights import WeightSpec


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

    names: dict[str, str] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    try:
        with h5py.File(file, "r") as opened:
            items: list[tuple[str, Any]] = []
            opened.visititems(lambda name, item: items.append((name, item)))
            for name, item in items:
                bare = _without_underscores(name)
                if isinstance(item, h5py.Dataset) and _is_weight(bare):
                    bare = name if bare in names else bare
                    names[bare], shapes[bare] = name, item.shape
            return take_weights(
                specs,
                shapes,
                lambda bare: _floats(np.asarray(opened[names[bare]]), f"{source}: {bare}"),
                source,
                format=format,
            )
    except KbertError:
        raise
    except Exception as error:  # h5py lets through what HDF5 says of a broken file
        raise InputError("{source} cannot be read: {error}", source=source, error=error) from None


def _is_weight(name: str) -> bool:
    """Whether a path is of a layer's weight, and not of an optimizer or a dropout's seed."""
    return name.startswith("layers/") and "/seed_generator/" not in name


def _floats(array: np.ndarray, source: str) -> np.ndarray:
    if array.dtype == np.dtype("V2"):  # HDF5 has no bfloat16: the upper half of a float32
        return (array.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    if array.dtype.kind != "f":
        raise InputError(
            "{source} holds {dtype}; floats were expected.", source=source, dtype=array.dtype
        )
    return array


def _without_underscores(name: str) -> str:
    """Return a path without the underscores that versions of Keras put before its parts."""
    parts = [part.lstrip("_") for part in name.split("/")]
    return re.sub("^layer_checkpoint_dependencies/", "layers/", "/".join(parts))
