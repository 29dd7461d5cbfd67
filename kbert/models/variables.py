"""Keras variables by names that are the same on every backend and in every process."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np

from kbert.findings import worded
from kbert.interop.model_data import weights_misfit


def assign_variables(
    variables: Iterable[Any], arrays: Mapping[str, np.ndarray], source: object
) -> None:
    """Set all variables by their stable names, or set none; see `check_arrays`.

    Args:
        variables: iterable of Keras variables.
        arrays: dict of arrays by name.
        source: what to call the arrays in a message.
    """
    named = by_stable_name(variables)
    check_arrays(named, arrays, source)
    for name, variable in named.items():
        variable.assign(arrays[name])


def check_arrays(
    variables: Mapping[str, Any], arrays: Mapping[str, np.ndarray], source: object
) -> None:
    """Raise InputError unless there is an array of the same shape for each variable, and no other.

    Args:
        variables: dict of Keras variables by name.
        arrays: dict of arrays by name.
        source: what to call the arrays in a message.

    Raises:
        InputError: arrays are missing, unknown or of another shape; the first five are named.
    """
    faults = [f"missing: {name}" for name in variables if name not in arrays]
    faults += [f"unknown: {name}" for name in arrays if name not in variables]
    faults += [
        worded(
            "{name}: expected {tuple}, received {shape}",
            name=name,
            tuple=tuple(variables[name].shape),
            shape=array.shape,
        )
        for name, array in arrays.items()
        if name in variables and tuple(variables[name].shape) != array.shape
    ]
    if faults:
        raise weights_misfit(source, faults)


def to_arrays(variables: Iterable[Any]) -> dict[str, np.ndarray]:
    """Return the values of variables by their stable names."""
    named = by_stable_name(variables).items()
    return {name: np.array(keras.ops.convert_to_numpy(v.value)) for name, v in named}


def by_stable_name(variables: Iterable[Any]) -> dict[str, Any]:
    """Return variables by their path, the same on every backend and in every process.

    Keras numbers the seed generators of dropout across the whole process. This number is removed,
    and the second of several generators in one layer gets the suffix #2.
    """
    named: dict[str, Any] = {}
    for variable in variables:
        path = re.sub(r"\bseed_generator_\d+\b", "seed_generator", variable.path)
        place = 2
        name = path
        while name in named:
            name, place = f"{path}#{place}", place + 1
        named[name] = variable
    return named
