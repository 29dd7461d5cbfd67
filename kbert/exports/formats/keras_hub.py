"""A task folder of keras-hub: `keras_hub.models.BertTextClassifier.from_preset(FOLDER)`."""

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
            "keras-hub's BERT computes GELU by tanh, and this model was trained with erf: "
            "there it would predict something else. Export it as huggingface, onnx or keras."
        )
    settings = model.tokenizer.get_config()
    if settings.get("added_tokens"):
        raise InputError(
            "keras-hub's tokenizer has no added tokens, and this model's has. Export it as "
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
    # Theirs has no place for names.
    (path / "labels.txt").write_text("\n".join(model.labels.names) + "\n", encoding="utf-8")


def opened(path: Path, model: Any) -> Compute:
    """Return the folder as keras-hub reads it, from texts on."""
    import keras_hub

    task = keras_hub.models.BertTextClassifier.from_preset(str(path))

    def compute(texts: Sequence[str], pairs: Sequence[str] | None) -> np.ndarray:
        given = list(texts) if pairs is None else (list(texts), list(pairs))
        return softmax(np.asarray(task.predict(given, verbose=0), np.float32))

    return compute
