"""Checks that the parts of a classifier fit each other, and what kbert can save."""

from typing import Any

import keras_hub

from kbert.errors import InputError
from kbert.findings import Cure, Message, Option
from kbert.interop.config_checks import check_max_length
from kbert.interop.weight_specs import weight_specs
from kbert.models.backbones import backbone_config
from kbert.models.lora_arrays import plain_names
from kbert.tokenizer.tokenizer import Tokenizer


def check_parts(
    backbone: keras_hub.models.BertBackbone,
    names: tuple[str, ...],
    tokenizer: Tokenizer,
    max_length: int,
    least_labels: int = 2,
) -> None:
    """Raise InputError unless names, tokenizer and length fit each other and the backbone."""
    if len(names) < least_labels or any(not name for name in names) or len(set(names)) < len(names):
        raise InputError(
            "{option} must be at least {least} different names. Received: {names}",
            option=Option("labels"),
            least=(Message("one"), Message("two"))[least_labels - 1],
            names=list(names)[:20],
        )
    if len(tokenizer) > backbone.vocabulary_size:
        raise InputError(
            "The tokenizer has {pieces} pieces but the backbone has {rows} embeddings. Pass the "
            "vocabulary that the weights were trained with.",
            pieces=len(tokenizer),
            rows=backbone.vocabulary_size,
        )
    check_max_length(max_length, backbone.max_sequence_length)
    if tokenizer.windows is not None:
        tokenizer.windows.check_room(max_length)


def check_can_be_saved(model: Any) -> None:
    """Raise InputError unless a classifier's weights are exactly those of a BERT with a head.

    A kbert folder holds only these, with LoRA merged. Quantization replaces weights with others.

    Args:
        model: BertClassifier.
    """
    expected = {s.name for s in weight_specs(backbone_config(model.backbone), len(model.labels))}
    others = sorted(plain_names(model) ^ expected)
    if others:
        raise InputError(
            "This model cannot be saved as a folder: its weights are not those of a plain BERT, as "
            "after `quantize`. They differ in {count}, such as {name}.",
            cure=Cure(
                code='model.save("FILE.keras")',
                note="and leave out `model_folder` of EpochEvaluation",
            ),
            count=len(others),
            name=others[0],
        )
