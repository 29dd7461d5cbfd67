"""Evaluate while training, keep the best."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from kbert.backend.fit_internals import callbacks_of_fit
from kbert.backend.moving_average import averaged_weights
from kbert.backend.optimizer_internals import updates_done
from kbert.backend.processes import is_first
from kbert.callbacks.best_weights import BestWeights
from kbert.callbacks.evaluated_sets import EvaluatedSets
from kbert.callbacks.held_steps import read_held
from kbert.callbacks.swapped_weights import check_not_swapped
from kbert.checkpoints.checkpoint import Arrays
from kbert.choices import Monitor
from kbert.errors import InputError
from kbert.findings import Cure, Finding, Joined, Option, worded
from kbert.interop.write_kbert_model import check_holds_no_more
from kbert.models.classifier_parts import check_can_be_saved
from kbert.models.fit_callbacks import FitCallbacks
from kbert.models.text_model import TextModel
from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.no_better import no_better_finding
from kbert.results.say_scores import say_scores
from kbert.results.scores import Scores, is_better_lower
from kbert.techniques.average_best import AverageBest
from kbert.utils.counts import check_count
from kbert.utils.say import say


class EpochEvaluation(keras.callbacks.Callback):
    """Evaluates named sets after each epoch, keeps the best weights, and stops early.

    Nothing is built, traced or loaded again for an evaluation: it is one pass of the model's own
    predict function, longest texts first, plus one pass of `evaluate` for a model that is not a
    `BertClassifier`. The scores go into the epoch's logs as `<set>_accuracy`, `<set>_macro_f1`,
    `<set>_mcc` and `<set>_loss`, so that `History` and other callbacks see them.

    With `every_steps=N` the sets are also evaluated after the batches N, 2N, ... of each epoch.
    Training continues as if there had been no such evaluation. Scores from inside an epoch do not
    go into any logs.

    If the optimizer holds a moving average of the weights (`use_ema`, see `MovingAverage`), the
    average is evaluated, kept and saved; training continues with the weights themselves.

    Where a text can have several labels, the model ends up with the thresholds that give each label
    its best F1 on the first set in the best evaluation. Until then it is scored with its current
    thresholds, which are 0.5 for a new model.

    When `fit` ends and the best evaluation is no better than always predicting the largest class, a
    finding says so and suggests what to try.

    Any Keras model with one output [rows, classes] can be evaluated. Its compiled loss must be a
    sparse categorical, categorical or binary cross-entropy, and determines what the outputs and
    labels mean. Loss and accuracy are those of the model's own `evaluate`.

    Args:
        sets: dict. The sets by name, for names that are also names of arguments. Defaults to None.
        monitor: str or None. The score on the first set that decides which evaluation is the best,
            such as "macro_f1" or "loss"; of equal scores, the one with the lowest loss is the best.
            Defaults to None: "accuracy"; "average_precision" for several labels, "spearman" for
            numbers.
        patience: int or None. Stop after this many evaluations without improvement. Defaults to
            None.
        restore_best: bool. Give the model the weights of the best evaluation at the end. Defaults
            to True.
        folder: where to write evaluations.json and, in Google's format, eval_results.txt. Defaults
            to None: nowhere.
        model_folder: where to save a `BertClassifier` after every evaluation that is the best so
            far. Defaults to None: nowhere.
        every_steps: int or None. Also evaluate after every N batches of an epoch. Defaults to None.
        average_best: int. How many of the best evaluations to average. Their weights are held until
            `fit` ends; then the average is evaluated, and kept if it is better. See `AverageBest`.
            Defaults to 0: no average.
        val_names: bool. Also log the scores of the first set as `val_accuracy`, `val_loss`, ...,
            for callbacks such as EarlyStopping that look for these names. Defaults to False.
        verbose: 0 silent, 1 a line for each set. Defaults to 1.
        **named: the sets by name: `Batches`, `(x, labels)`, or `(x, labels, weights)`; for a
            `BertClassifier` also raw texts, which it reads once: `(texts, labels)`, `Examples`, ...

    Attributes:
        history: EvaluationHistory.
        best_outputs: dict of arrays by set. The model's outputs for the rows of each set in the
            best evaluation, if that was in this `fit`; otherwise empty.
        findings: list of Finding. The findings about the best evaluation, once `fit` has ended.
        writes: bool. Whether this process writes files: of several that train together, one does.

    Raises:
        InputError: there is no set, or one without labels, or one named "val", whose scores would
            replace those that Keras logs as `val_loss`, `val_accuracy`, .... At the beginning of
            `fit`: the labels do not fit the model's outputs, or the model cannot be scored.

    Example:

    ```python
    evaluation = EpochEvaluation(dev=model.batches(dev), patience=2)
    model.fit(model.batches(train, plan), epochs=plan.epochs, callbacks=[evaluation])
    ```
    """

    takes_tensors = True

    def __init__(
        self,
        sets: Mapping[str, Any] | None = None,
        /,
        *,
        monitor: Monitor | None = None,
        patience: int | None = None,
        restore_best: bool = True,
        folder: str | Path | None = None,
        model_folder: str | Path | None = None,
        every_steps: int | None = None,
        average_best: int = 0,
        val_names: bool = False,
        verbose: int = 1,
        **named: Any,
    ) -> None:
        super().__init__()
        self._sets = self._evaluated(sets, named)
        if every_steps is not None:
            check_count("every_steps", every_steps)
        if average_best != 0:
            AverageBest(average_best)  # refuses an invalid number of evaluations
        self.history = EvaluationHistory(monitor, patience)
        self.restore_best = restore_best
        self.average_best = average_best
        self.folder = None if folder is None else Path(folder)
        self.every_steps = every_steps
        self.val_names = val_names
        self.verbose = verbose
        self._model_folder = None if model_folder is None else Path(model_folder)
        self.writes = is_first()
        self._forget()

    def _evaluated(self, sets: Mapping[str, Any] | None, named: Mapping[str, Any]) -> Any:
        """Return the sets, as `EvaluatedSets` evaluates them."""
        return EvaluatedSets(sets, named)

    def _forget(self) -> None:
        self.history = EvaluationHistory(self.history.monitor, self.history.patience)
        self.findings: list[Finding] = []
        self.best_outputs: dict[str, np.ndarray] = {}
        self._weights = BestWeights(restores=self.restore_best, count=self.average_best)
        self._epoch = 0
        self._first = 0  # batches of the epoch that an interrupted `fit` has trained
        self._done = 0
        self._stopped_inside = False

    @property
    def evaluations(self) -> list[dict[str, Scores]]:
        """The evaluations in their order, each as a dict by set."""
        return [dict(record.scores) for record in self.history.records]

    @property
    def best(self) -> dict[str, Scores]:
        """The best evaluation, as a dict by set; empty before the first."""
        best = self.history.best
        return {} if best is None else dict(best.scores)

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the best evaluation, counted from 0, or None before the first."""
        best = self.history.best
        return None if best is None else best.epoch - 1

    def resume_at(
        self,
        history: dict[str, Any],
        best_weights: Arrays | None = None,
        batch: int = 0,
        averaged: Mapping[str, Arrays] | None = None,
    ) -> None:
        """Continue the history of an interrupted `fit`; call it after `on_train_begin`.

        Args:
            history: dict, as `EvaluationHistory.to_dict` returned it.
            best_weights: dict of arrays by path, the weights of its best evaluation. Defaults to
                None.
            batch: int. Batches already trained of the epoch in which this `fit` begins. Defaults to
                0.
            averaged: dict of such dicts by position, for the evaluations that may be averaged.
                Defaults to None.

        Raises:
            InputError: this is not a history, or it lacks one of the sets.
        """
        self._forget()
        self._first = batch
        earlier = EvaluationHistory.from_dict(history)
        own = self.history
        records = self._sets.records(earlier.records)
        self.history = EvaluationHistory(own.monitor, own.patience, records, earlier.ties)
        if self.history.records:
            self._write()
        if best_weights is not None or averaged:
            self._weights.hold(self.model, best_weights, averaged or {})

    def on_train_begin(self, logs: Any = None) -> None:
        self._forget()
        callbacks = callbacks_of_fit()
        FitCallbacks(self.model, callbacks).check()
        check_not_swapped(callbacks)
        self._judge()

    def _judge(self) -> None:
        """Refuse what cannot be scored or saved: before the first update, not after an epoch."""
        if self._model_folder is not None and not hasattr(self.model, "save_to"):
            raise InputError(
                "{option} needs a BertClassifier. Received: {kind}",
                option=Option("model_folder"),
                kind=type(self.model).__name__,
                cure=Cure(code="keras.callbacks.ModelCheckpoint", note="which saves any model"),
            )
        if self._model_folder is not None:
            check_can_be_saved(self.model)
            check_holds_no_more(self._model_folder)
        monitor, monitors = self.history.monitor, self._monitors()
        if monitor is not None and monitor not in monitors:
            raise InputError(
                "{option} must be a score of the model: {monitors}. Received: {monitor}",
                option=Option("monitor"),
                monitors=Joined(monitors),
                monitor=monitor,
                cure=Cure({"monitor": monitors[0]}),
            )
        self._sets.judge(self.model)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch, self._done = epoch, self._first

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        before, self._done = self._done, self._first + batch + 1
        if self.every_steps is None or self._done // self.every_steps == before // self.every_steps:
            return
        steps = self.params["steps"]
        # `steps` first: the `<=` of Batches' steps leaves out what a resumed epoch has trained.
        if steps is not None and steps <= batch + 1:
            return  # the epoch's end evaluates these weights
        self._evaluate(self._epoch, self._done)
        self._stopped_inside = self.history.is_over

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if not self._stopped_inside:  # else these weights have just been evaluated
            self._evaluate(epoch)
        self._first = 0
        if logs is not None:
            scores = self.evaluations[-1]
            for name, evaluation in self._logged(scores).items():
                logs.update({f"{name}_{s}": getattr(evaluation, s) for s in evaluation.monitors})

    def logged_scores(self) -> dict[str, Literal["min", "max"]]:
        """Return the names of the scores in an epoch's logs, and which values are better."""
        return {
            f"{name}_{score}": "min" if is_better_lower(score) else "max"
            for name in self._logged(self._sets.inputs)
            for score in self._monitors()
        }

    def _monitors(self) -> tuple[str, ...]:
        """Return the scores that an evaluation of the model has."""
        model = self.model
        return (model.target.scores_class if isinstance(model, TextModel) else Evaluation).monitors

    def read_texts(self, model: Any) -> None:
        """Turn sets of raw texts into batches; `BertClassifier.fit` calls this before it begins."""
        self._sets.read_texts(model)

    def evaluated_sets(self) -> dict[str, Any]:
        """Return the inputs of the sets by name; the first set chooses the best evaluation."""
        return self._sets.inputs

    def _logged(self, by_set: Mapping[str, Any]) -> dict[str, Any]:
        """Return values by set under the names that the logs have."""
        return {**({"val": next(iter(by_set.values()))} if self.val_names else {}), **by_set}

    def on_train_end(self, logs: Any = None) -> None:
        if self.average_best:
            self._average()
        self.restore()
        if self.verbose:
            self._say_choice()
        best = self.history.best
        finding = None if best is None else no_better_finding(best)
        if finding is not None:
            self.findings.append(finding)
            if self.verbose:
                say(str(finding))

    def restore(self) -> None:
        """Give the model the weights of the best evaluation, if they were kept."""
        if self._weights.has_best:
            self._weights.restore(self.model)
            best = self.history.best
            if best is not None and isinstance(self.model, TextModel):
                self.model.target = self.model.target.chosen_by(best.first)

    def scores_of(self, model: Any) -> tuple[dict[str, Scores], dict[str, np.ndarray]]:
        """Return the scores and outputs of a model by set, without adding to the history."""
        return self._sets.evaluate(model)

    def evaluate_average(self, averaged: Sequence[EvaluationRecord]) -> bool:
        """Evaluate the model, which has averaged weights, and return whether it is better.

        Args:
            averaged: sequence of EvaluationRecord. The averaged evaluations, the best first.
        """
        scores, outputs = self.scores_of(self.model)
        ends = self.history.records[-1]
        of = tuple((one.epoch, one.batch) for one in averaged)
        record = EvaluationRecord(ends.epoch, ends.update, scores, average_of=of)
        is_best = self.history.add(record)
        if self.verbose:
            say_scores(record, is_best=is_best)
        if is_best:
            self.best_outputs = outputs
        return is_best

    def _average(self) -> None:
        """Evaluate the average of the best evaluations' weights, and keep it if it is better."""
        own = self.model.get_weights()
        averaged = self._weights.average(self.model, self.history)
        if not averaged:
            return
        if self.evaluate_average(averaged):
            self._weights.take(self.model, self.history)
            if self._model_folder is not None and self.writes:
                self._save(self._model_folder, self.history.records[-1])
        else:
            self.model.set_weights(own)
        self._write()

    def _write(self) -> None:
        if self.folder is not None and self.writes:
            self.history.write(self.folder)

    def _save(self, folder: Path, best: EvaluationRecord) -> None:
        """Save the model as it would be if `fit` ended now."""
        target = self.model.target
        self.model.target = target.chosen_by(best.first)
        try:
            self.model.save_to(folder)
        finally:
            self.model.target = target

    def _say_choice(self) -> None:
        """Say what the model has taken from its best evaluation, such as thresholds."""
        best, model = self.history.best, self.model
        if best is None or not self._weights.has_best or not isinstance(model, TextModel):
            return
        name = next(iter(best.scores))
        chosen = model.target.what_is_chosen(best.first, model.labels.names, name)
        if chosen is not None:
            say(chosen)

    def _evaluate(self, epoch: int, batch: int | None = None) -> None:
        """Evaluate each set, keep the best, and stop when patience is over."""
        read_held(callbacks_of_fit())  # a loss that is not finite ends `fit` first
        model, history = self.model, self.history
        if not self._sets.are_judged:
            self._judge()
        with averaged_weights(model):
            scores, outputs = self._sets.evaluate(model)
            note = self._sets.accuracy_note(model)
            if self.verbose and note and not history.records:
                say(note)
            record = EvaluationRecord(epoch + 1, updates_done(model.optimizer), scores, batch)
            is_best = history.add(record)
            if is_best:
                self.best_outputs = outputs
            self._weights.take(model, history)
            if is_best and self._model_folder is not None and self.writes:
                self._save(self._model_folder, record)
        if self.verbose:
            say_scores(record, is_best=is_best)
        self._write()
        if history.is_over:
            model.stop_training = True
            if self.verbose:
                unit = "epochs" if self.every_steps is None else "evaluations"
                say(
                    worded(
                        "stopping: no better {score} for {patience} {unit}",
                        score=history.score,
                        patience=history.patience,
                        unit=unit,
                    )
                )
