"""The sets that are evaluated while a model is trained."""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from kbert.backend.between_batches import between_batches
from kbert.errors import InputError
from kbert.models.evaluate_batches import (
    JudgedSet,
    accuracy_note,
    evaluate_rows,
    judge_set,
)
from kbert.models.evaluation_set import EvaluationSet, check_set_name
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.scores import Scores


class EvaluatedSets:
    """The sets of an `EpochEvaluation` by name, in their order.

    Args:
        sets: dict of sets, its first argument, or None.
        named: dict of sets, its keyword arguments.

    Raises:
        InputError: no set, one that is named twice, without labels or of another kind, or a name
            that the logs cannot hold.
    """

    def __init__(self, sets: Mapping[str, Any] | None, named: Mapping[str, Any]) -> None:
        if sets is not None and (
            not isinstance(sets, Mapping) or not sets.keys().isdisjoint(named)
        ):
            raise InputError(
                "The first argument must be a dict of sets, none of which is named again: "
                'EpochEvaluation({{"dev": model.batches(dev)}}).'
            )
        sets = {**(sets or {}), **named}
        if not sets:
            raise InputError("Name at least one set: EpochEvaluation(dev=model.batches(dev)).")
        for name in sets:
            check_set_name(name)
        self._sets = {name: EvaluationSet.from_data(name, data) for name, data in sets.items()}
        self._judged: dict[str, JudgedSet] = {}  # until the model is known

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of each set."""
        return {name: data.inputs for name, data in self._sets.items()}

    @property
    def are_judged(self) -> bool:
        """Whether a model is known to be able to evaluate them."""
        return bool(self._judged)

    def judge(self, model: keras.Model) -> None:
        """Raise InputError where a model cannot be scored on a set."""
        self._judged = {name: judge_set(model, data) for name, data in self._sets.items()}

    def evaluate(self, model: keras.Model) -> dict[str, Scores]:
        """Return the scores on each set of the model that has been judged."""
        with between_batches(model):
            return {name: evaluate_rows(model, judged) for name, judged in self._judged.items()}

    def accuracy_note(self, model: keras.Model) -> str | None:
        """Return what to say where the model's own accuracy takes logits for probabilities."""
        kind = next(iter(self._judged.values())).kind
        return None if kind is None else accuracy_note(model, kind)

    def records(self, earlier: Iterable[EvaluationRecord]) -> list[EvaluationRecord]:
        """Return the evaluations of an earlier `fit` with the scores on these sets alone.

        Raises:
            InputError: one of them lacks a set.
        """
        found = []
        for record in earlier:
            if missing := self._sets.keys() - record.scores.keys():
                raise InputError(
                    "The evaluation of {when} lacks the sets {missing}.",
                    when=record.when,
                    missing=", ".join(sorted(missing)),
                )
            scores = {name: record.scores[name] for name in self._sets}
            found.append(EvaluationRecord(record.epoch, record.update, scores, record.batch))
        return found
