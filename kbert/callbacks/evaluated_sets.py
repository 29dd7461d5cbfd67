"""The sets that are evaluated while a model is trained."""

import weakref
from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np

from kbert.backend.between_batches import between_batches
from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Joined
from kbert.models.evaluate_batches import (
    JudgedSet,
    accuracy_note,
    evaluate_rows,
    judge_set,
)
from kbert.models.evaluation_set import EvaluationSet, check_set_name, in_row_order
from kbert.models.raw_texts import is_set_of_texts, labelled_batches
from kbert.models.text_model import TextModel
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.scores import Scores


class EvaluatedSets:
    """The sets of an `EpochEvaluation` by name, in their order.

    Args:
        sets: dict of sets, or None. The first argument of `EpochEvaluation`.
        named: dict of sets. Its keyword arguments.

    Raises:
        InputError: there is no set; one is named twice, has no labels or is of another kind; or a
            name is one that the logs cannot hold.
    """

    def __init__(self, sets: Mapping[str, Any] | None, named: Mapping[str, Any]) -> None:
        if sets is not None and (
            not isinstance(sets, Mapping) or not sets.keys().isdisjoint(named)
        ):
            raise InputError(
                "The first argument must be a dict of sets, none of them also named as a "
                'keyword: EpochEvaluation({{"dev": model.batches(dev)}}).'
            )
        sets = {**(sets or {}), **named}
        if not sets:
            raise InputError("Name at least one set: EpochEvaluation(dev=model.batches(dev)).")
        for name, data in sets.items():
            check_set_name(name)
            if isinstance(data, Examples) and data.label_ids is None:
                raise InputError("The set {name!r} has no labels to evaluate against.", name=name)
        self._given = sets
        self._texts = {name for name, data in sets.items() if is_set_of_texts(data)}
        self._sets = {
            name: EvaluationSet.from_data(name, data)
            for name, data in sets.items()
            # A Keras model takes a tuple of texts as it is; other texts wait for their model.
            if name not in self._texts or isinstance(data, tuple)
        }
        self._model: weakref.ref[Any] | None = None  # the model that has read the texts
        self._judged: dict[str, JudgedSet] = {}  # empty until the model is known

    @property
    def inputs(self) -> dict[str, Any]:
        """The inputs of each set whose inputs are known."""
        return {name: self._sets[name].inputs for name in self._given if name in self._sets}

    def read_texts(self, model: keras.Model) -> None:
        """Turn sets of raw texts into batches if the model takes batches; once per model."""
        if self._model is not None and self._model() is model:
            return
        for name in self._texts:
            data = self._given[name]
            if isinstance(model, TextModel):
                data = labelled_batches(model, data)
            self._sets[name] = EvaluationSet.from_data(name, data)
        self._model = weakref.ref(model)

    @property
    def are_judged(self) -> bool:
        """Whether a model has been found able to evaluate the sets."""
        return bool(self._judged)

    def judge(self, model: keras.Model) -> None:
        """Raise InputError if a model cannot be scored on a set."""
        self.read_texts(model)
        self._judged = {name: judge_set(model, self._sets[name]) for name in self._given}

    def evaluate(self, model: keras.Model) -> tuple[dict[str, Scores], dict[str, np.ndarray]]:
        """Return the scores and the outputs of the model that has been judged, each by set.

        The outputs are in the order of the rows.
        """
        with between_batches(model):
            found = {name: evaluate_rows(model, judged) for name, judged in self._judged.items()}
        scores = {name: scores for name, (scores, _) in found.items()}
        return scores, {
            name: in_row_order(self._judged[name].data.inputs, outputs)
            for name, (_, outputs) in found.items()
        }

    def accuracy_note(self, model: keras.Model) -> str | None:
        """Return a note if the model's own accuracy treats logits as probabilities, or None."""
        kind = next(iter(self._judged.values())).kind
        return None if kind is None else accuracy_note(model, kind)

    def records(self, earlier: Iterable[EvaluationRecord]) -> list[EvaluationRecord]:
        """Return the evaluations of an earlier `fit`, with the scores on these sets only.

        Raises:
            InputError: one of them lacks a set.
        """
        found = []
        for record in earlier:
            if missing := self._given.keys() - record.scores.keys():
                raise InputError(
                    "The evaluation of {when} lacks the sets {missing}.",
                    when=record.when,
                    missing=Joined(sorted(missing)),
                )
            scores = {name: record.scores[name] for name in self._given}
            found.append(EvaluationRecord(record.epoch, record.update, scores, record.batch))
        return found
