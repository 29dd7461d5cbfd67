"""Writes a folder for transformers: config.json, model.safetensors, the tokenizer's files."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from kbert.choices import Gelu
from kbert.interop.config_checks import LAYER_NORM_EPSILON
from kbert.interop.hugging_face_head import head_fields
from kbert.interop.masked_head import masked_head_specs
from kbert.interop.model_data import ModelData
from kbert.interop.reads_cls import check_reads_cls
from kbert.interop.weight_specs import BIAS, KERNEL, weight_specs
from kbert.tokenizer.final_sigma import has_final_sigma
from kbert.tokenizer.hugging_face_files import HUGGING_FACE_MAX_WORD
from kbert.utils.files import save_arrays

_GELU: dict[Gelu, str] = {"erf": "gelu", "tanh": "gelu_new"}


def write_hugging_face(folder: Path, model: ModelData, max_length: int | None = None) -> None:
    """Write a model's files into an existing folder.

    Args:
        folder: Path.
        model: ModelData.
        max_length: int or None. What the tokenizer cuts texts to. Defaults to None: as many
            tokens as the model has positions.

    Raises:
        InputError: the model's head does not read [CLS].
    """
    check_reads_cls(model, "BertForSequenceClassification of transformers")
    tokenizer = model.tokenizer
    specials = {
        **{"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"},
        **({"mask_token": "[MASK]"} if "[MASK]" in tokenizer.ids else {}),
    }
    settings = {
        # BertTokenizer looks up words of up to 100 characters and knows no final sigma,
        # whatever tokenizer.json says.
        "tokenizer_class": "BertTokenizer"
        if tokenizer.max_word_length == HUGGING_FACE_MAX_WORD
        and not has_final_sigma(tokenizer.lowercase, tokenizer.vocabulary)
        else "PreTrainedTokenizerFast",
        "do_lower_case": tokenizer.lowercase,
        "strip_accents": tokenizer.strip_accents,
        "tokenize_chinese_chars": tokenizer.split_cjk,
        "model_max_length": max_length or model.backbone["max_sequence_length"],
        "split_special_tokens": True,  # "[SEP]" in a text is plain text
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        **specials,
        **({"truncation_side": "left"} if tokenizer.long_text == "tail" else {}),
    }
    _write_json(folder / "config.json", _config(model))
    _write_json(folder / "tokenizer_config.json", settings)
    _write_json(folder / "special_tokens_map.json", specials)
    (folder / "tokenizer.json").write_text(tokenizer.to_hugging_face(), encoding="utf-8")
    vocabulary = "".join(f"{piece}\n" for piece in tokenizer.written_vocabulary)
    (folder / "vocab.txt").write_text(vocabulary, encoding="utf-8", newline="\n")
    save_arrays(_named_arrays(model), folder / "model.safetensors", metadata={"format": "pt"})


def _config(model: ModelData) -> dict[str, Any]:
    """Return the config.json."""
    backbone, labels = model.backbone, model.labels or ()
    config = {
        "architectures": [_architecture(model)],
        "model_type": "bert",
        "vocab_size": backbone["vocabulary_size"],
        "num_hidden_layers": backbone["num_layers"],
        "num_attention_heads": backbone["num_heads"],
        "hidden_size": backbone["hidden_dim"],
        "intermediate_size": backbone["intermediate_dim"],
        "max_position_embeddings": backbone["max_sequence_length"],
        "type_vocab_size": backbone["num_segments"],
        "hidden_act": _GELU[model.gelu],
        "hidden_dropout_prob": backbone["dropout"],
        "attention_probs_dropout_prob": backbone.get("attention_dropout", backbone["dropout"]),
        "layer_norm_eps": backbone.get("layer_norm_epsilon", LAYER_NORM_EPSILON),
        "position_embedding_type": "absolute",
        "pad_token_id": model.tokenizer.pad_id,
    }
    if labels:
        config["classifier_dropout"] = model.dropout
        config["id2label"] = {str(number): label for number, label in enumerate(labels)}
        config["label2id"] = {label: number for number, label in enumerate(labels)}
        config |= head_fields(model.target)
    return config


def _named_arrays(model: ModelData) -> dict[str, np.ndarray]:
    """Return the weights by their names in transformers."""
    labels = model.labels or ()
    prefix = "bert." if labels or model.masked_head else ""
    arrays, weights = {}, dict(model.arrays)
    if labels:
        weights[KERNEL], weights[BIAS] = model.target.plain_head(weights[KERNEL], weights[BIAS])
    for spec in weight_specs(model.backbone, len(labels), pooler=model.has_pooler):
        name = spec.hugging_face if spec.is_head else prefix + spec.hugging_face
        arrays[name] = np.ascontiguousarray(spec.to_format("huggingface", weights[spec.name]))
    for spec in masked_head_specs(model.backbone) if model.masked_head else ():
        array = spec.to_format("huggingface", model.masked_head[spec.name])
        arrays[spec.hugging_face] = np.ascontiguousarray(array)
    return arrays


def _architecture(model: ModelData) -> str:
    if model.masked_head:
        return "BertForMaskedLM"
    return "BertForSequenceClassification" if model.labels else "BertModel"


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
