"""Writes a task folder of keras-hub: `keras_hub.models.BertTextClassifier.from_preset(FOLDER)`."""

from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import worded
from kbert.interop.config_checks import HUB_ARGUMENTS, LAYER_NORM_EPSILON
from kbert.interop.labels_file import write_labels_file
from kbert.interop.model_data import ModelData
from kbert.interop.reads_cls import check_reads_cls
from kbert.interop.weight_specs import BIAS, KERNEL
from kbert.utils.say import say


def write_keras_hub(folder: Path, model: ModelData, max_length: int) -> None:
    """Write a model's files into a folder.

    Args:
        folder: Path.
        model: ModelData, with a head.
        max_length: int. What the preprocessor cuts texts to.

    Raises:
        InputError: the model has what keras-hub lacks: a head that does not read [CLS], erf-GELU,
            another epsilon or added tokens; or it predicts several numbers.
    """
    import keras_hub

    check_reads_cls(model, "BertTextClassifier of keras-hub")
    if model.gelu != "tanh":
        raise InputError(
            "keras-hub's BERT computes GELU by tanh, but this model was trained with erf: its "
            "predictions would differ. Export it as huggingface, onnx or keras."
        )
    epsilon = model.backbone.get("layer_norm_epsilon", LAYER_NORM_EPSILON)
    if epsilon != LAYER_NORM_EPSILON:
        raise InputError(
            "keras-hub's BERT normalizes layers with an epsilon of 1e-12, but this model was "
            "trained with {epsilon}: its predictions would differ. Export it as huggingface, onnx "
            "or keras.",
            epsilon=epsilon,
        )
    if model.target.activation == "linear" and model.classes > 1:
        raise InputError(
            "keras-hub's BertTextClassifier cannot tell several numbers from the scores of "
            "classes, and this model predicts {count}. Export it as huggingface, onnx or keras.",
            count=model.classes,
        )
    if "attention_dropout" in model.backbone:
        say(
            worded("keras-hub's BERT has one dropout: that of the attention's weights is not kept.")
        )
    if model.tokenizer.added_tokens:
        raise InputError(
            "keras-hub's tokenizer has no added tokens, but this model's has. Export it as "
            "huggingface or keras."
        )
    backbone = keras_hub.models.BertBackbone(
        **{name: model.backbone[name] for name in HUB_ARGUMENTS}, dtype="float32"
    )
    task = keras_hub.models.BertTextClassifier(
        backbone=backbone,
        num_classes=model.classes,
        dropout=model.dropout,
        # Class logits and numbers are both "linear": nothing else tells them apart.
        activation="sigmoid" if model.target.activation == "sigmoid" else None,
        preprocessor=_preprocessor(model, max_length),
    )
    arrays = dict(model.arrays)
    arrays[KERNEL], arrays[BIAS] = model.target.plain_head(arrays[KERNEL], arrays[BIAS])
    for variable in (*backbone.weights, *task.get_layer("logits").weights):
        variable.assign(arrays[variable.path])
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
