"""Trees of variables and arrays, and the names of their leaves in a checkpoint's files."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import optree

from kbert.models.variables import check_arrays


def name_leaves(tree: Any) -> dict[str, Any]:
    """Return the leaves of a tree by their names: the keys that lead to each, joined by "/".

    Indices in a list have four digits, so that the names of its leaves sort in its order.

    Example:

    ```python
    names = name_leaves({"seeds": {"dropout/state": 1}, "metrics": [2, 3]})
    assert names == {"metrics/0000": 2, "metrics/0001": 3, "seeds/dropout/state": 1}
    ```
    """
    paths, leaves, _ = optree.tree_flatten_with_path(tree)
    return {_name(path): leaf for path, leaf in zip(paths, leaves, strict=True)}


def fill_tree(variables: Any, arrays: Mapping[str, np.ndarray], source: object) -> Any:
    """Return a tree of arrays with the structure of a tree of variables.

    Args:
        variables: nested dicts and lists of Keras variables.
        arrays: dict of arrays by name, as `name_leaves` names them.
        source: what to call the arrays in a message.

    Raises:
        InputError: an array is missing, unknown or of another shape than its variable.
    """
    check_arrays(name_leaves(variables), arrays, source)
    paths, _, structure = optree.tree_flatten_with_path(variables)
    return optree.tree_unflatten(structure, [arrays[_name(path)] for path in paths])


def assign_tree(variables: Any, arrays: Any) -> None:
    """Assign the arrays of a tree to the variables of one with the same structure."""
    optree.tree_map_(lambda variable, array: variable.assign(array), variables, arrays)


def _name(path: tuple[Any, ...]) -> str:
    return "/".join(key if isinstance(key, str) else f"{key:04d}" for key in path)
