"""Writes a model that predicts masked tokens as the folder of a Hugging Face BERT."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kbert.interop.config_checks import with_defaults
from kbert.interop.masked_head import MASKED_HEAD
from kbert.interop.model_data import ModelData
from kbert.interop.write_hugging_face import write_hugging_face
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.files import atomic_directory


def write_masked_model(
    folder: Path,
    settings: Mapping[str, Any],
    arrays: Mapping[str, np.ndarray],
    tokenizer: Tokenizer,
    max_length: int,
) -> None:
    """Replace `folder` atomically with a model's files, in the form of `BertForMaskedLM`.

    Args:
        folder: Path. One that this function has written, or a new one.
        settings: dict. The model's `get_config`.
        arrays: dict. Its weights by kbert's names.
        tokenizer: Tokenizer.
        max_length: int. What its texts were cut to.
    """
    data = ModelData(
        kind="a kbert model",
        source=str(folder),
        backbone=with_defaults(settings["backbone"]),
        gelu=settings["gelu"],
        read_tokenizer=lambda: tokenizer,
        arrays={n: array for n, array in arrays.items() if not n.startswith(MASKED_HEAD)},
        masked_head={n: array for n, array in arrays.items() if n.startswith(MASKED_HEAD)},
    )
    with atomic_directory(folder) as new:
        write_hugging_face(new, data, max_length)
