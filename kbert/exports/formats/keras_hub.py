"""A keras-hub task folder: `keras_hub.models.BertTextClassifier.from_preset(FOLDER)`.

Keras's `Model.export` writes programs; a task folder is written by keras-hub's `save_to_preset`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.exports.compare import Compute
from kbert.results.evaluation import softmax


def write(model: Any, path: Path) -> None:
    """Write the folder."""
    import keras_hub

    if model.gelu != "tanh":
        raise InputError(
            "keras-hub's BERT computes GELU by tanh, but this model was trained with erf: it would "
            "predict something else in keras-hub. Export it as huggingface, onnx or keras."
        )
    settings = model.tokenizer.get_config()
    if settings.get("added_tokens"):
        raise InputError(
            "keras-hub's tokenizer has no added tokens, but this model's has. Export it as "
            "huggingface or keras."
        )
    lowercase, strip_accents = settings["lowercase"], settings["strip_accents"]
    task = keras_hub.models.BertTextClassifier(
        backbone=model.backbone,
        num_classes=len(model.labels),
        dropout=model.dropout,
        preprocessor=keras_hub.models.BertTextClassifierPreprocessor(
            keras_hub.models.BertTokenizer(
                vocabulary=list(model.tokenizer.vocabulary),
                lowercase=lowercase,
                strip_accents=lowercase if strip_accents is None else strip_accents,
                split_on_cjk=settings["split_cjk"],
            ),
            sequence_length=model.max_length,
        ),
    )
    for theirs, ours in zip(
        task.get_layer("logits").weights, model.get_layer("logits").weights, strict=True
    ):
        theirs.assign(ours)
    task.save_to_preset(path)
    # A task folder has no place for the names of the classes.
    (path / "labels.txt").write_text("\n".join(model.labels.names) + "\n", encoding="utf-8")


def reopen(path: Path, model: Any) -> Compute:
    """Return what keras-hub computes from texts."""
    import keras_hub

    task = keras_hub.models.BertTextClassifier.from_preset(str(path))

    def compute(texts: Sequence[str], pairs: Sequence[str] | None) -> np.ndarray:
        given = list(texts) if pairs is None else (list(texts), list(pairs))
        return softmax(np.asarray(task.predict(given, verbose=0), np.float32))

    return compute
