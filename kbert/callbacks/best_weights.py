"""The weights of the best evaluations of a `fit`, held in memory."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from kbert.checkpoints.checkpoint import Arrays
from kbert.models.lora_arrays import assign_plain, plain_arrays
from kbert.models.variables import by_stable_name
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.utils.mean_arrays import mean_arrays


class BestWeights:
    """Holds the weights of the best evaluation, and of those that are to be averaged.

    Args:
        restores: bool. Whether to hold the weights of the best evaluation.
        count: int. How many of the best evaluations are averaged; 0 for none.
    """

    def __init__(self, *, restores: bool, count: int) -> None:
        self._restores, self._count = restores, count
        self._best: list[np.ndarray] = []
        self._averaged: dict[str, Arrays] = {}  # by position

    def take(self, model: Any, history: EvaluationHistory) -> None:
        """Hold the weights of the last evaluation, if it is among the best."""
        last = history.last
        assert last is not None
        if self._restores and history.best is last:
            self._best = model.get_weights()
        if not self._count:
            return
        kept = [record.position for record in history.best_of(self._count)]
        if last.position in kept:
            self._averaged[last.position] = plain_arrays(model)
        self._averaged = {p: one for p, one in self._averaged.items() if p in kept}

    def hold(self, model: Any, best: Arrays | None, averaged: Mapping[str, Arrays]) -> None:
        """Take over the weights that an interrupted `fit` held.

        Args:
            model: keras.Model.
            best: dict of arrays by stable name, or None.
            averaged: dict of such dicts by position.
        """
        if best is not None:
            self._best = [best[name] for name in by_stable_name(model.weights)]
        self._averaged = dict(averaged)

    def average(self, model: Any, history: EvaluationHistory) -> list[EvaluationRecord]:
        """Give a model the mean weights of the best evaluations; return these, the best first.

        With fewer than two evaluations there is no mean, and the model stays as it is.
        """
        found = [
            record for record in history.best_of(self._count) if record.position in self._averaged
        ]
        if len(found) < 2:
            return []
        each = (self._averaged[record.position] for record in found)
        assign_plain(model, mean_arrays(each), "the average of the best evaluations")
        return found

    @property
    def has_best(self) -> bool:
        """Whether the weights of the best evaluation are held."""
        return bool(self._best)

    def restore(self, model: Any) -> None:
        """Give a model the weights of the best evaluation, which must be held."""
        model.set_weights(self._best)
