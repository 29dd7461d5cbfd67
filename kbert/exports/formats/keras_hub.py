"""A keras-hub task folder: `keras_hub.models.BertTextClassifier.from_preset(FOLDER)`.

Keras's `Model.export` writes programs; a task folder is written by keras-hub's `save_to_preset`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kbert.exports.compare import Compute
from kbert.interop.write_keras_hub import write_keras_hub
from kbert.results.evaluation import softmax


def write(model: Any, path: Path) -> None:
    """Write the folder."""
    from kbert.models.build_classifier import to_model_data

    write_keras_hub(path, to_model_data(model), model.max_length)


def reopen(path: Path, model: Any) -> Compute:
    """Return what keras-hub computes from texts."""
    import keras_hub

    task = keras_hub.models.BertTextClassifier.from_preset(str(path))

    def compute(texts: Sequence[str], pairs: Sequence[str] | None) -> np.ndarray:
        given = list(texts) if pairs is None else (list(texts), list(pairs))
        rows = np.asarray(task.predict(given, verbose=0), np.float32)
        return softmax(rows) if model.target.activation == "softmax" else rows

    return compute
