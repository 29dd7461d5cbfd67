"""The training rows that are nearest to others, by a model's encoder."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.linear.encoder_vectors import encoder_vectors
from kbert.linear.labelled_rows import LabelledRows

if TYPE_CHECKING:
    from kbert.models.bert_classifier import BertClassifier

_SEED = 0


@dataclass(frozen=True)
class NearRow:
    """A training row that is near to another row.

    Args:
        row: str. Where it is in the data.
        label: str. Its label.
        similarity: float, -1 to 1. The cosine of the two rows' mean outputs.
        text: str.
        pair: str or None.
    """

    row: str
    label: str
    similarity: float
    text: str
    pair: str | None = None


@dataclass(frozen=True)
class NearestRows:
    """The training rows that are nearest to others.

    Args:
        at: int array [rows, nearest]. Their positions in `training`, the nearest first.
        similarity: float array [rows, nearest]. The cosines.
        training: Examples. The training rows that were compared.
        rows: int. All training rows.
    """

    at: np.ndarray
    similarity: np.ndarray
    training: Examples
    rows: int


def nearest_rows(
    model: "BertClassifier", training: Examples, rows: Examples, count: int, most: int
) -> NearestRows:
    """Return the training rows that are nearest to others, by the model's encoder.

        similarity = cosine(mean(last layer of one), mean(last layer of the other))

    A row is not near to itself: a training row of the same source and number is left out.

    Args:
        model: BertClassifier. It is left as it is.
        training: Examples.
        rows: Examples. Those that are compared.
        count: int, 1 or more. Training rows for each.
        most: int. Training rows that are compared; if there are more, a sample, always the same.
    """
    chosen = np.arange(len(training))
    if len(training) > most:
        chosen = np.sort(np.random.default_rng(_SEED).permutation(len(training))[:most])
    sample = training.take(chosen)
    cosines = _directions(model, rows) @ _directions(model, sample).T
    if rows.source == sample.source:
        same = _numbers(rows)[:, None] == _numbers(sample)[None]
        cosines[same] = -np.inf
    at = np.argsort(-cosines, axis=1, kind="stable")[:, : min(count, len(sample))]
    found = np.take_along_axis(cosines, at, axis=1)
    return NearestRows(at, found, sample, len(training))


def _directions(model: "BertClassifier", examples: Examples) -> np.ndarray:
    """Return the mean output of each row, scaled to length 1."""
    means = encoder_vectors(model, LabelledRows.from_store(model.batches(examples).store))
    lengths = np.linalg.norm(means.astype(np.float64), axis=1, keepdims=True)
    return means / np.maximum(lengths, np.finfo(np.float32).tiny)


def _numbers(examples: Examples) -> np.ndarray:
    return np.array([examples.number(at) for at in range(len(examples))])
