"""Tiny transformers models with random weights."""

from pathlib import Path
from typing import Any

import torch
import transformers


def write_tiny(folder: Path, kind: str, **settings: Any) -> Any:
    """Write a model with random weights, including biases and norms, and return it."""
    torch.manual_seed(3)
    model = getattr(transformers, kind)(transformers.BertConfig(**settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    model.save_pretrained(folder)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"piece{i}" for i in range(115))]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return model
