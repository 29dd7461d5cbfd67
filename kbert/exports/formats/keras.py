"""A .keras file: `keras.models.load_model(FILE)` after `import kbert`.

It is what Keras's own `Model.save` writes; the classifier's configuration holds its labels and
tokenizer.
"""

from pathlib import Path
from typing import Any

from kbert.exports.compare import Compute


def write(model: Any, path: Path) -> None:
    """Write the file."""
    model.save(path)


def reopen(path: Path, model: Any) -> Compute:
    """Return what the loaded file computes."""
    return type(model).load(path).predict_proba
