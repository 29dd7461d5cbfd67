"""Chooses how closely the linear model that training starts from fits its rows."""

import numpy as np

from kbert.data.epoch_order import permutation
from kbert.linear.fit_standardized import fit_standardized
from kbert.linear.linear_target import LinearTarget

STRENGTHS = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
_START = STRENGTHS.index(0.003)
_OF_MANY_LABELS = 0.1
_FOLDS = 5
_ENOUGH_ROWS = 300  # to compare by: with more rows, not every fold is held out
_MOST_PRODUCTS = 2**19  # rows times outputs: seven fits to 384 features take ten seconds
_LEAST_ROWS_OF_A_LABEL = 4


def choose_strength(
    target: LinearTarget,
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray | None,
    seed: int,
) -> float:
    """Return the next strength below the one with the lowest loss on held-out rows.

    It is one step below because training starts from the model: a model that is less sure of its
    rows leaves the encoder more to learn from. The search starts at 0.003 and continues in either
    direction as long as the loss falls. Each of five parts of the rows is held out in turn, until
    300 rows have been held out.

    Args:
        target: LinearTarget.
        features: float array [rows, features].
        targets: array [rows, ...].
        weights: float array [rows] or None.
        seed: int. It decides which rows are held out.
    """
    order = permutation(np.random.PCG64(np.random.SeedSequence([seed])), len(features))
    if weights is not None:
        order = order[weights[order] > 0]
    if len(order) < 2:
        return STRENGTHS[_START]
    most = _MOST_PRODUCTS // (target.outputs * target.copies)
    if most < min(len(order), _LEAST_ROWS_OF_A_LABEL * target.outputs):
        return _OF_MANY_LABELS
    folds = _folds(order[:most])

    def loss(place: int) -> float:
        total = 0.0
        for kept_apart, others in folds:
            of_others = None if weights is None else weights[others]
            fitted = fit_standardized(
                target, features[others], targets[others], of_others, STRENGTHS[place]
            )
            outputs = fitted.outputs(features[kept_apart].astype(np.float64))
            losses = target.losses(outputs, targets[kept_apart])
            total += float(losses.sum() if weights is None else losses @ weights[kept_apart])
        return total

    place, lowest = _START, loss(_START)
    for step in (-1, 1):
        while 0 <= place + step < len(STRENGTHS) and (found := loss(place + step)) < lowest:
            place, lowest = place + step, found
        if place != _START:
            break
    return STRENGTHS[max(place - 1, 0)]


def _folds(order: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return pairs: the rows that are held out, and the others."""
    count = min(_FOLDS, len(order))
    parts = np.array_split(order, count)
    needed = min(count, -(-_ENOUGH_ROWS // len(parts[-1])))
    return [(parts[one], np.concatenate(parts[:one] + parts[one + 1 :])) for one in range(needed)]
