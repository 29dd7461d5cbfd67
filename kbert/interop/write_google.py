"""A folder as run_classifier.py takes it: TF1 checkpoint, configuration, vocabulary, labels."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kbert.data.tokenizer import Tokenizer
from kbert.errors import KbertError
from kbert.interop.google import GOOGLE_CONFIG, import_tensorflow
from kbert.interop.weights import weights_of

_PREFIX = "bert_model.ckpt"


def write_google(
    folder: Path,
    *,
    backbone: Mapping[str, Any],
    gelu: str,
    arrays: Mapping[str, np.ndarray],
    tokenizer: Tokenizer,
    labels: Sequence[str] = (),
) -> None:
    """Write a model's files into a folder that is there.

    Args:
        folder: Path.
        backbone: the arguments of keras-hub's `BertBackbone`.
        gelu: "tanh" or "erf"; Google's code has only the first.
        arrays: dict of the weights by kbert's names.
        tokenizer: Tokenizer.
        labels: sequence of str. The classes of the head; none where there is no head. Defaults
            to ().

    Raises:
        KbertError: the model has the other GELU, or TensorFlow is not installed.
    """
    if gelu != "tanh":
        raise KbertError(
            "Google's code computes GELU by tanh, and this model was trained with erf: its "
            "predictions would differ. Export it in another format, such as huggingface."
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
    for name, lines in (("vocab.txt", tokenizer.vocabulary), ("labels.txt", labels)):
        if lines:
            text = "".join(f"{line}\n" for line in lines)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    named = {w.google: w.to_google(arrays[w.name]) for w in weights_of(backbone, len(labels))}
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
