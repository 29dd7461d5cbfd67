"""Fits the head of a classifier to its encoder."""

import time
from typing import TYPE_CHECKING

import numpy as np

from kbert.errors import InputError
from kbert.findings import Option, worded
from kbert.linear.choose_strength import choose_strength
from kbert.linear.encoder_vectors import encoder_vectors
from kbert.linear.fit_standardized import fit_standardized
from kbert.linear.labelled_rows import LabelledRows
from kbert.linear.linear_targets import linear_target
from kbert.techniques.linear_head import LinearHead
from kbert.utils.say import say
from kbert.utils.wording import count_noun, duration

if TYPE_CHECKING:
    from kbert.data.batches import Batches
    from kbert.models.bert_classifier import BertClassifier

_MOST_ROWS = 2000
_ROWS_OF_A_CLASS = 20
_MOST_TOKENS = 2**18  # MiniLM takes half a minute for them on two cores


def fit_linear_head(
    model: "BertClassifier", batches: "Batches", strength: float | None = None
) -> "BertClassifier":
    """Fit the head of a classifier to its encoder as it is, before the two are trained together.

        features = the head's input for each text, without dropout
        head = argmin sum loss(features @ kernel + bias) + |kernel * std(features)|^2 / 2 strength

    The head is fitted to at most 2,000 of the rows, or 20 per class if that is more, in seconds: a
    logistic regression, one per label if a text has several, or a ridge regression for numbers. The
    encoder and all random states are left unchanged.

    Args:
        model: BertClassifier, with a pretrained encoder.
        batches: Batches. The batches that the model is to be trained on.
        strength: float or None. How closely the head fits, above 0: the lower, the smaller its
            weights. Defaults to None: about a third of the strength with the lowest loss on
            held-out rows. A head that is less sure leaves the encoder more to learn from.

    Returns:
        The classifier.

    Raises:
        InputError: `strength` is not above 0, or the batches have no labels.

    Source: Kumar et al., "Fine-Tuning can Distort Pretrained Features and Underperform
        Out-of-Distribution", arXiv 2202.10054, which calls it LP-FT.

    Example:

    ```python
    batches = model.batches(examples, plan)
    fit_linear_head(model, batches)
    model.fit(batches, epochs=plan.epochs)
    ```
    """
    LinearHead(strength)  # which checks it
    if batches.store.labels is None:
        raise InputError("{option} has no labels to fit the head to.", option=Option("batches"))
    started = time.monotonic()
    labels = len(model.labels.names)
    every = LabelledRows.from_store(batches.store, batches.weights)
    rows = every.sample(_rows(every.lengths, labels), batches.seed)
    vectors = encoder_vectors(model, rows, model.pooling)
    target = linear_target(model.target.kind, labels)
    if strength is None:
        strength = choose_strength(target, vectors, rows.targets, rows.weights, batches.seed)
    fitted = fit_standardized(target, vectors, rows.targets, rows.weights, strength)
    # A linear model of numbers is in their own unit, which the model's outputs are scaled to.
    scale, mean = (1.0, 0.0) if model.target.unit is None else map(np.array, model.target.unit)
    head = model.get_layer("logits")
    head.kernel.assign((fitted.coefficients / scale).astype(np.float32))
    head.bias.assign(((fitted.intercepts - mean) / scale).astype(np.float32))
    say(
        worded(
            "The head begins as a linear model of {rows}, fitted in {duration}.",
            rows=count_noun(len(rows), "row"),
            duration=duration(time.monotonic() - started),
        )
    )
    return model


def _rows(lengths: np.ndarray, labels: int) -> int:
    """Return how many rows are enough."""
    in_time = int(_MOST_TOKENS / max(float(lengths.mean()), 1.0))
    return min(len(lengths), max(min(_MOST_ROWS, in_time), _ROWS_OF_A_CLASS * labels))
