"""The frozen encoder's vectors for the rows of a token store."""

from typing import Any

import numpy as np

from kbert.choices import TokenPooling
from kbert.data.epoch_order import choose_widths
from kbert.data.padding import MULTIPLE, pad
from kbert.linear.labelled_rows import LabelledRows

_BATCH_SIZE = 32
_WIDTHS = 2  # shapes to compile; one takes as long as dozens of batches


def encoder_vectors(model: Any, rows: LabelledRows, pooling: TokenPooling = "mean") -> np.ndarray:
    """Return a vector for each row: by default the mean of the last layer over its tokens.

    For a row that is read in windows, it is the mean over the windows, weighted by their tokens.

    The model and all random states are left unchanged.

    Args:
        model: BertClassifier.
        rows: LabelledRows.
        pooling: "mean", or "cls": the pooler's output. Defaults to "mean".

    Returns:
        A float32 array [rows, hidden].
    """
    from kbert.backend.few_shapes import few_shapes
    from kbert.models.text_vectors import TextVectors

    encoder = TextVectors(model.backbone, pooling)
    few = few_shapes(model)
    windows = [rows.store.windows(int(row)) for row in rows.rows]
    parts = [window for several in windows for window in several]
    of_row = np.repeat(np.arange(len(rows)), [len(several) for several in windows])
    lengths = np.array([len(ids) for ids, _ in parts])
    shares = lengths / np.bincount(of_row, lengths)[of_row]
    widths = np.minimum(
        choose_widths(lengths, max_widths=_WIDTHS, multiple=MULTIPLE, min_rows=_BATCH_SIZE),
        rows.store.max_length,
    )
    order = np.argsort(-lengths, kind="stable")
    vectors = np.zeros((len(rows), model.backbone.hidden_dim), np.float32)
    for start in range(0, len(order), _BATCH_SIZE):
        chosen = order[start : start + _BATCH_SIZE]
        width = int(lengths[chosen[0]])
        encoded = [parts[part] for part in chosen]
        if few:
            width = int(widths[np.searchsorted(widths, width)])
            encoded += encoded[-1:] * (_BATCH_SIZE - len(encoded))
        outputs = encoder.predict_on_batch(pad(encoded, width, model.tokenizer.pad_id))
        np.add.at(vectors, of_row[chosen], outputs[: len(chosen)] * shares[chosen, None])
    return vectors
