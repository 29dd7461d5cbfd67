"""The evaluations of a run as its checkpoints hold them."""

from pathlib import Path

from kbert.callbacks.epoch_evaluation import EpochEvaluation
from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.position import Position
from kbert.errors import InputError
from kbert.results.evaluation_history import EvaluationHistory


class SavedEvaluations:
    """The history of an `EpochEvaluation`, if there is one, as of a checkpoint.

    Args:
        evaluation: EpochEvaluation or None.
        keep_best: int. How many of the best evaluations have a checkpoint. Defaults to 1.
    """

    def __init__(self, evaluation: EpochEvaluation | None, keep_best: int = 1) -> None:
        self._evaluation = evaluation
        self._keep_best = keep_best

    def history_at(self, position: Position) -> EvaluationHistory | None:
        """Return the history for a checkpoint, without an evaluation that resuming repeats."""
        if self._evaluation is None:
            return None
        history = self._evaluation.history
        return history if position.evaluated else history.without_end_of(position.epoch)

    def keeps(self, position: Position) -> bool:
        """Return whether a position was evaluated, and is among the best so far or ends the run.

        So the best evaluations in the history of any checkpoint have checkpoints themselves.
        """
        history = None if self._evaluation is None else self._evaluation.history
        if history is None or history.last is None:
            return False
        is_new = history.last.position == position.name
        best = history.best_of(self._keep_best)
        return is_new and (any(one is history.last for one in best) or history.is_over)

    def check_order(self, position: Position) -> None:
        """Raise InputError if the end of an epoch was not evaluated before it is saved."""
        if self._evaluation is None:
            return
        last = self._evaluation.history.last
        if last is None or last.position != position.name:
            raise InputError("EpochEvaluation must come before RunCheckpoint in `callbacks`.")

    def weights_to_hold(self, best: Path | None) -> Arrays | None:
        """Return the weights of the best checkpoint, if the evaluation restores them at the end."""
        if best is None or self._evaluation is None or not self._evaluation.restore_best:
            return None
        return read_checkpoint(best).weights

    def averages_to_hold(self, checkpoint: Checkpoint, store: CheckpointStore) -> dict[str, Arrays]:
        """Return the weights of the evaluations that may be averaged at the end, by position."""
        evaluation = self._evaluation
        if evaluation is None or not evaluation.average_best or checkpoint.evaluations is None:
            return {}
        history = EvaluationHistory.from_dict(checkpoint.evaluations)
        best = [one.position for one in history.best_of(evaluation.average_best)]
        paths = {position: store.at_position(position, checkpoint.path) for position in best}
        return {
            position: read_checkpoint(path, only="model").arrays["model"]
            for position, path in paths.items()
            if path is not None
        }

    def resume(
        self, checkpoint: Checkpoint, weights: Arrays | None, averaged: dict[str, Arrays]
    ) -> bool:
        """Resume the evaluation from a checkpoint; return whether it ran a missing evaluation.

        A checkpoint at the end of an epoch may have been saved before its evaluation.
        """
        evaluation, position = self._evaluation, checkpoint.position
        if evaluation is None:
            return False
        earlier = checkpoint.evaluations or evaluation.history.to_dict()
        evaluation.resume_at(earlier, weights, position.batch, averaged)
        if not position.evaluated:
            evaluation.on_epoch_end(position.epoch - 1)
        return not position.evaluated
