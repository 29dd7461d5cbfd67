"""The models that are measured: MiniLM with its weights, and a BERT-Base with random ones."""

import json
import shutil
from pathlib import Path

from benchmarks.sides import minilm_folder

MODELS = ("MiniLM", "BERT-Base")
_BASE = {
    **{"model_type": "bert", "vocab_size": 30_522, "hidden_size": 768, "num_hidden_layers": 12},
    **{"num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 512},
    **{"type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12},
}
_TOKENIZER = ("vocab.txt", "tokenizer.json", "tokenizer_config.json")


def model_folder(name: str, folder: Path) -> str:
    """Return a model's folder; that of BERT-Base is written first, with MiniLM's vocabulary."""
    if name == "MiniLM":
        return minilm_folder()
    folder.mkdir(exist_ok=True)
    for file in _TOKENIZER:
        shutil.copy(Path(minilm_folder(), file), folder)
    Path(folder, "config.json").write_text(json.dumps(_BASE), encoding="utf-8")
    return str(folder)


def has_weights(preset: str) -> bool:
    """Return whether a preset has weights: any does, except a folder written by `model_folder`."""
    return not Path(preset).is_dir() or Path(preset, "model.safetensors").is_file()
