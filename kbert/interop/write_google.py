"""A folder as run_classifier.py takes it: TF1 checkpoint, configuration, vocabulary, labels."""

import json
from pathlib import Path

import numpy as np

from kbert.errors import InputError
from kbert.interop.google import GOOGLE_CONFIG, import_tensorflow
from kbert.interop.model_data import ModelData
from kbert.interop.weights import weight_specs

_PREFIX = "bert_model.ckpt"


def write_google(folder: Path, model: ModelData) -> None:
    """Write a model's files into a folder that is there.

    Args:
        folder: Path.
        model: ModelData.

    Raises:
        KbertError: the model has erf-GELU or added tokens, which Google's code lacks, or
            TensorFlow is not installed.
    """
    backbone, labels = model.backbone, model.labels or ()
    if model.gelu != "tanh":
        raise InputError(
            "Google's code computes GELU by tanh, and this model was trained with erf: its "
            "predictions would differ. Export it in another format, such as huggingface."
        )
    if model.tokenizer.added_tokens:
        tokens = ", ".join(repr(t["content"]) for t in model.tokenizer.added_tokens[:5])
        raise InputError(
            "Google's code knows no added tokens, and the tokenizer of this model has some: "
            "{tokens:.200}. Export it in another format, such as huggingface.",
            tokens=tokens,
        )
    tf = import_tensorflow()
    config = {
        "attention_probs_dropout_prob": backbone["dropout"],
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
    for name, lines in (("vocab.txt", model.tokenizer.vocabulary), ("labels.txt", labels)):
        if lines:
            text = "".join(f"{line}\n" for line in lines)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    named = {
        w.google: w.to_google(model.arrays[w.name]) for w in weight_specs(backbone, len(labels))
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
