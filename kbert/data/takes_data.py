"""Callbacks that look at the data of a `fit`."""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class TakesData(Protocol):
    """A callback to which `BertClassifier.fit` passes its data; Keras gives callbacks none."""

    def set_data(self, data: Any) -> None:
        """Take the data of the next `fit`."""
