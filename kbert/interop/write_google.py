"""Writes a folder for run_classifier.py: TF1 checkpoint, configuration, vocabulary, labels."""

import json
from pathlib import Path

import numpy as np

from kbert.errors import InputError
from kbert.interop.config_checks import LAYER_NORM_EPSILON
from kbert.interop.google import GOOGLE_CONFIG
from kbert.interop.google_variables import import_tensorflow
from kbert.interop.labels_file import write_labels_file
from kbert.interop.model_data import ModelData
from kbert.interop.reads_cls import check_reads_cls
from kbert.interop.weight_specs import weight_specs

_PREFIX = "bert_model.ckpt"


def write_google(folder: Path, model: ModelData) -> None:
    """Write a model's files into an existing folder.

    Args:
        folder: Path.
        model: ModelData.

    Raises:
        InputError: the model has what Google's code lacks: a target other than one class, a head
            that does not read [CLS], erf-GELU, another epsilon, added tokens, or another treatment
            of accents or Chinese characters; or TensorFlow is not installed.
    """
    backbone, labels = model.backbone, model.labels or ()
    check_reads_cls(model, "Google's code")
    if model.target.activation != "softmax":
        raise InputError(
            "Google's code predicts one class per text, but this model was trained with the target "
            "{target}. Export it in another format, such as huggingface.",
            target=model.target.kind,
        )
    if model.gelu != "tanh":
        raise InputError(
            "Google's code computes GELU by tanh, but this model was trained with erf: its "
            "predictions would differ. Export it in another format, such as huggingface."
        )
    tokenizer = model.tokenizer
    strips = tokenizer.lowercase if tokenizer.strip_accents is None else tokenizer.strip_accents
    if strips != tokenizer.lowercase or not tokenizer.split_cjk:
        raise InputError(
            "Google's code strips accents exactly where it lower-cases, and treats every Chinese "
            "character as a word; this model's tokenizer does not: its ids would differ. Export "
            "it in another format, such as huggingface."
        )
    epsilon = backbone.get("layer_norm_epsilon", LAYER_NORM_EPSILON)
    if epsilon != LAYER_NORM_EPSILON:
        raise InputError(
            "Google's code normalizes layers with an epsilon of 1e-12, but this model was trained "
            "with {epsilon}: its predictions would differ. Export it in another format, such as "
            "huggingface.",
            epsilon=epsilon,
        )
    if tokenizer.added_tokens:
        tokens = ", ".join(repr(t["content"]) for t in tokenizer.added_tokens[:5])
        raise InputError(
            "Google's code has no added tokens, but the tokenizer of this model has some: "
            "{tokens:.200}. Export it in another format, such as huggingface.",
            tokens=tokens,
        )
    tf = import_tensorflow()
    config = {
        "attention_probs_dropout_prob": backbone.get("attention_dropout", backbone["dropout"]),
        "hidden_act": "gelu",
        "hidden_dropout_prob": backbone["dropout"],
        "hidden_size": backbone["hidden_dim"],
        "initializer_range": 0.02,
        "intermediate_size": backbone["intermediate_dim"],
        "max_position_embeddings": backbone["max_sequence_length"],
        "num_attention_heads": backbone["num_heads"],
        "num_hidden_layers": backbone["num_layers"],
        "type_vocab_size": backbone["num_segments"],
        "vocab_size": backbone["vocabulary_size"],
    }
    (folder / GOOGLE_CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    vocabulary = "".join(f"{piece}\n" for piece in model.tokenizer.written_vocabulary)
    (folder / "vocab.txt").write_text(vocabulary, encoding="utf-8", newline="\n")
    if labels:
        write_labels_file(folder, labels)
    named = {
        spec.google: spec.to_format("google", model.arrays[spec.name])
        for spec in weight_specs(backbone, len(labels))
    }
    named["global_step"] = np.asarray(0, np.int64)
    tf.raw_ops.SaveV2(
        prefix=str(folder / _PREFIX),
        tensor_names=list(named),
        shape_and_slices=[""] * len(named),
        tensors=[tf.constant(array) for array in named.values()],
    )
    (folder / "checkpoint").write_text(
        f'model_checkpoint_path: "{_PREFIX}"\nall_model_checkpoint_paths: "{_PREFIX}"\n'
    )
