"""Evaluate the prediction of masked tokens while training, keep the best."""

from collections.abc import Iterable, Mapping
from typing import Any

import keras
import numpy as np

from kbert.backend.between_batches import between_batches
from kbert.callbacks.epoch_evaluation import EpochEvaluation
from kbert.data.masked_batches import MaskedBatches
from kbert.models.evaluate_batches import kept_metrics
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.masked_evaluation import MaskedEvaluation


class MaskedEpochEvaluation(EpochEvaluation):
    """`EpochEvaluation` for a `MaskedLanguageModel`: the loss and accuracy of masked tokens.

    The masking of a set is the same in each evaluation.

    Args:
        sets: dict by name of MaskedBatches whose order is not random.
        **settings: `patience`, `folder`, `every_steps`, `restore_best`, `verbose`, as for
            `EpochEvaluation`.

    Example:

    ```python
    evaluation = MaskedEpochEvaluation({"dev": MaskedBatches(store, Masking(tokenizer))})
    ```
    """

    def __init__(self, sets: Mapping[str, MaskedBatches], **settings: Any) -> None:
        super().__init__(sets, **settings)

    def _evaluated(self, sets: Mapping[str, Any] | None, named: Mapping[str, Any]) -> Any:
        return _MaskedSets({**(sets or {}), **named})

    def _monitors(self) -> tuple[str, ...]:
        return MaskedEvaluation.monitors


class _MaskedSets:
    """The sets by name; see `EvaluatedSets`."""

    are_judged = True

    def __init__(self, sets: Mapping[str, MaskedBatches]) -> None:
        self.inputs = dict(sets)
        self._predictions: dict[str, int] = {}

    def read_texts(self, model: keras.Model) -> None:
        """Do nothing: the sets are batches already."""

    def judge(self, model: keras.Model) -> None:
        """Do nothing: any `MaskedLanguageModel` can be scored."""

    def accuracy_note(self, model: keras.Model) -> None:
        """Return None: the accuracy is that of logits."""

    def evaluate(
        self, model: keras.Model
    ) -> tuple[dict[str, MaskedEvaluation], dict[str, np.ndarray]]:
        """Return the scores on each set. Outputs, which have a logit per piece, are left out."""
        with between_batches(model), kept_metrics(model):
            return {name: self._scores(model, name) for name in self.inputs}, {}

    def _scores(self, model: keras.Model, name: str) -> MaskedEvaluation:
        batches = self.inputs[name]
        if name not in self._predictions:
            weights = (batches[index][2] for index in range(len(batches)))
            self._predictions[name] = int(sum(one.sum() for one in weights))
        scores = model.evaluate(batches, verbose=0, return_dict=True)
        return MaskedEvaluation(
            rows=len(batches.store),
            predictions=self._predictions[name],
            loss=float(scores["masked_loss"]),
            accuracy=float(scores["accuracy"]),
        )

    def records(self, earlier: Iterable[EvaluationRecord]) -> list[EvaluationRecord]:
        """Return the evaluations of an earlier `fit`, which had the same sets."""
        return list(earlier)
