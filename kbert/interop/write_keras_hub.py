"""Writes a task folder of keras-hub: `keras_hub.models.BertTextClassifier.from_preset(FOLDER)`."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.interop.labels_file import write_labels_file
from kbert.interop.model_data import ModelData


def write_keras_hub(folder: Path, model: ModelData, max_length: int) -> None:
    """Write a model's files into a folder.

    Args:
        folder: Path.
        model: ModelData, with a head.
        max_length: int. What the preprocessor cuts texts to.

    Raises:
        InputError: the model has erf-GELU or added tokens, which keras-hub lacks.
    """
    import keras_hub

    if model.gelu != "tanh":
        raise InputError(
            "keras-hub's BERT computes GELU by tanh, but this model was trained with erf: its "
            "predictions would differ. Export it as huggingface, onnx or keras."
        )
    if model.tokenizer.added_tokens:
        raise InputError(
            "keras-hub's tokenizer has no added tokens, but this model's has. Export it as "
            "huggingface or keras."
        )
    backbone = keras_hub.models.BertBackbone(**model.backbone, dtype="float32")
    task = keras_hub.models.BertTextClassifier(
        backbone=backbone,
        num_classes=model.classes,
        dropout=model.dropout,
        preprocessor=_preprocessor(model, max_length),
    )
    for variable in (*backbone.weights, *task.get_layer("logits").weights):
        variable.assign(model.arrays[variable.path])
    task.save_to_preset(folder)
    write_labels_file(folder, model.labels or ())  # keras-hub has no place for names


def _preprocessor(model: ModelData, max_length: int) -> Any:
    import keras_hub

    tokenizer = model.tokenizer
    strips = tokenizer.lowercase if tokenizer.strip_accents is None else tokenizer.strip_accents
    return keras_hub.models.BertTextClassifierPreprocessor(
        keras_hub.models.BertTokenizer(
            vocabulary=tokenizer.written_vocabulary,
            lowercase=tokenizer.lowercase,
            strip_accents=strips,
            split_on_cjk=tokenizer.split_cjk,
        ),
        sequence_length=max_length,
    )
