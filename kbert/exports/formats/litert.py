"""LiteRT (TensorFlow Lite), for phones and small machines.

Keras's `Model.export(format="litert")` returns logits without softmax, and writes neither labels
nor tokenizer.
"""

import tempfile
from pathlib import Path
from typing import Any

from kbert.exports.formats import saved_model
from kbert.exports.formats.reopen_with_predictor import reopen

__all__ = ["FILE", "reopen", "write"]

FILE = "model.tflite"


def write(model: Any, folder: Path, length: int | None, int8: bool) -> None:
    """Write model.tflite; Keras runs on TensorFlow."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as between:
        saved_model.write(model, Path(between), length, int8=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(between) / saved_model.FILE))
        # The built-in operations suffice, so that no runtime needs TensorFlow's.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if int8:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        (folder / FILE).write_bytes(converter.convert())
