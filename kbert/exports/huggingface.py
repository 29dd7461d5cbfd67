"""A folder for transformers: `pipeline("text-classification", model=FOLDER)`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kbert.interop.write_hugging_face import write_hugging_face
from kbert.models.classifier_of import plain_model_of


def write(model: Any, path: Path) -> None:
    """Write the folder."""
    path.mkdir()
    write_hugging_face(path, plain_model_of(model), model.max_length)


def predict(
    path: Path, texts: Sequence[str], pairs: Sequence[str] | None, model: Any
) -> np.ndarray | None:
    """Return the probabilities by transformers, None where it or torch is not installed."""
    try:
        import torch
        import transformers
    except ImportError:
        return None
    transformers.utils.logging.disable_progress_bar()
    theirs = transformers.AutoModelForSequenceClassification.from_pretrained(path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    rows = []
    for asked in zip(texts, strict=True) if pairs is None else zip(texts, pairs, strict=True):
        encoded = tokenizer(
            *asked, truncation=True, max_length=model.max_length, return_tensors="pt"
        )
        with torch.no_grad():
            rows.append(torch.softmax(theirs(**encoded).logits[0], -1).numpy())
    return np.array(rows)
