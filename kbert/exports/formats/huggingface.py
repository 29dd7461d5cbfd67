"""A folder for transformers: `pipeline("text-classification", model=FOLDER)`.

Keras's `Model.export` writes programs, not the weights of other libraries.
"""

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kbert.exports.reader_process import ReaderProcess
from kbert.interop.sources import find_source
from kbert.interop.write_hugging_face import write_hugging_face


def write(model: Any, path: Path) -> None:
    """Write the folder."""
    from kbert.models.build_classifier import to_model_data

    path.mkdir()
    write_hugging_face(path, to_model_data(model), model.max_length)


def reopen(path: Path, model: Any) -> ReaderProcess | None:
    """Return what transformers computes, or None where it or torch is not installed."""
    if None in map(importlib.util.find_spec, ("torch", "transformers")):
        return None
    return ReaderProcess("huggingface", path, model.max_length)


def load_predict(path: Path, max_length: int) -> Callable[..., np.ndarray]:
    """Return what transformers computes, as a function of texts, and pairs or None."""
    import torch
    import transformers

    transformers.utils.logging.disable_progress_bar()
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    target = find_source(path).target()

    def compute(texts: Sequence[str], pairs: Sequence[str] | None) -> np.ndarray:
        rows = []
        for asked in zip(texts, strict=True) if pairs is None else zip(texts, pairs, strict=True):
            encoded = tokenizer(*asked, truncation=True, max_length=max_length, return_tensors="pt")
            with torch.no_grad():
                rows.append(theirs(**encoded).logits[0].numpy())
        return target.outputs(np.array(rows))

    return compute
