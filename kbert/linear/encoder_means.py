"""The frozen encoder's mean output for rows of a token store."""

from typing import Any

import numpy as np

from kbert.data.epoch_order import choose_widths
from kbert.data.padding import MULTIPLE, pad
from kbert.linear.labelled_rows import LabelledRows

_BATCH_SIZE = 32
_WIDTHS = 2  # shapes to compile, which takes as long as dozens of batches


def encoder_means(model: Any, rows: LabelledRows) -> np.ndarray:
    """Return the mean of the last layer's outputs over the tokens of each row.

    Of a row that is read in windows it is that over the tokens of all its windows.

    The model is left as it is, and so are all random states.

    Args:
        model: BertClassifier.
        rows: LabelledRows.

    Returns:
        A float32 array [rows, hidden].
    """
    from kbert.backend.few_shapes import few_shapes
    from kbert.models.mean_output import MeanOutput

    encoder = MeanOutput(model.backbone)
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
    means = np.zeros((len(rows), model.backbone.hidden_dim), np.float32)
    for start in range(0, len(order), _BATCH_SIZE):
        chosen = order[start : start + _BATCH_SIZE]
        width = int(lengths[chosen[0]])
        encoded = [parts[part] for part in chosen]
        if few:
            width = int(widths[np.searchsorted(widths, width)])
            encoded += encoded[-1:] * (_BATCH_SIZE - len(encoded))
        outputs = encoder.predict_on_batch(pad(encoded, width, model.tokenizer.pad_id))
        np.add.at(means, of_row[chosen], outputs[: len(chosen)] * shares[chosen, None])
    return means
