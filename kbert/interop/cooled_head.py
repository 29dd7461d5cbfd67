"""The weights of a head that are divided by a temperature."""

from collections.abc import Mapping

import numpy as np

HEAD = ("logits/kernel", "logits/bias")


def cooled(arrays: Mapping[str, np.ndarray], temperature: float) -> dict[str, np.ndarray]:
    """Return a classifier's weights with those of its head divided by a temperature.

        logits / temperature = hidden @ (kernel / temperature) + bias / temperature

    Pooling a text's windows, by mean or by maximum, commutes with division by a positive number.

    Args:
        arrays: dict of arrays by name.
        temperature: float.
    """
    head = {name: (arrays[name] / temperature).astype(arrays[name].dtype) for name in HEAD}
    return {**arrays, **head}
