"""Evaluate after each epoch, keep the best."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kbert.choices import Monitor
from kbert.data.batches import Batches
from kbert.errors import InputError
from kbert.models.variables import by_stable_name
from kbert.results.evaluation import Evaluation
from kbert.utils.files import write_text


class EpochEvaluation(keras.callbacks.Callback):
    """Evaluates named sets after each epoch, keeps the best weights, and stops early.

    Nothing is built, traced or loaded again for an evaluation: it is one pass of the model's own
    predict function, longest texts first. The scores go into the epoch's logs as
    `<set>_accuracy`, `<set>_macro_f1`, `<set>_mcc` and `<set>_loss`, so that `History` and other
    callbacks see them.

    Args:
        monitor: "accuracy", "macro_f1", "mcc" or "loss". What makes an epoch the best, on the
            first set. Defaults to "accuracy".
        patience: int or None. Stop after so many epochs without a better one. Defaults to None.
        restore_best: bool. Give the model the best epoch's weights at the end. Defaults to True.
        folder: where to write evaluations.json and, in Google's form, eval_results.txt. Defaults
            to None: nowhere.
        model_folder: where to save a `BertClassifier` after every epoch that is the best so far.
            Defaults to None: nowhere.
        verbose: 0 silent, 1 a line for each set. Defaults to 1.
        **sets: the sets by name: `Batches`, or for any other Keras model `(x, label_ids)`.

    Attributes:
        evaluations: for each epoch, a dict of Evaluation by set.
        best_epoch: int, counted from 0, or None before the first.

    Raises:
        KbertError: no set, or one without labels.

    Example:

    ```python
    evaluation = EpochEvaluation(dev=model.batches(dev), patience=2)
    model.fit(model.batches(train, plan), epochs=plan.epochs, callbacks=[evaluation])
    ```
    """

    def __init__(
        self,
        *,
        monitor: Monitor = "accuracy",
        patience: int | None = None,
        restore_best: bool = True,
        folder: str | Path | None = None,
        model_folder: str | Path | None = None,
        verbose: int = 1,
        **sets: Any,
    ) -> None:
        super().__init__()
        if not sets:
            raise InputError("Name at least one set: EpochEvaluation(dev=model.batches(dev)).")
        if monitor not in ("accuracy", "macro_f1", "mcc", "loss"):
            raise InputError(
                '`monitor` must be "accuracy", "macro_f1", "mcc" or "loss". Received: {monitor!r}',
                monitor=monitor,
            )
        if patience is not None and patience < 1:
            raise InputError(
                "`patience` must be 1 or more, or None. Received: {patience}", patience=patience
            )
        self.monitor = monitor
        self.patience = patience
        self.restore_best = restore_best
        self.folder = None if folder is None else Path(folder)
        self.verbose = verbose
        self._sets = {name: _inputs_and_labels(name, data) for name, data in sets.items()}
        self._model_folder = None if model_folder is None else Path(model_folder)
        self._reset()

    def _reset(self) -> None:
        self.evaluations: list[dict[str, Evaluation]] = []
        self.best_epoch: int | None = None
        self._best_place = 0
        self._best_weights: list[np.ndarray] = []
        self._steps: list[int] = []
        self._epochs: list[int] = []

    def load(self, record: dict[str, Any], best_weights: dict[str, Any] | None = None) -> None:
        """Take up what `to_dict` gave in a `fit` that this one goes on from.

        Args:
            record: dict.
            best_weights: dict of arrays by path, the weights of the best of these epochs, or None.

        Raises:
            KbertError: the record is of another form, or of other sets.
        """
        self._reset()
        try:
            for epoch in record["epochs"]:
                self._epochs.append(epoch["epoch"] - 1)
                self._steps.append(epoch["step"])
                self.evaluations.append(
                    {name: Evaluation.from_dict(epoch[name]) for name in self._sets}
                )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                "The earlier epochs were not evaluated on {sets}: {error}",
                sets=", ".join(self._sets),
                error=error,
            ) from None
        if self.evaluations:
            places = range(len(self.evaluations))
            self._best_place = max(places, key=lambda place: (self._score(place), -place))
            self.best_epoch = self._epochs[self._best_place]
            self._write()
        if best_weights is not None:
            self._best_weights = [best_weights[n] for n in by_stable_name(self.model.weights)]

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget an earlier `fit`."""
        self._reset()

    @property
    def last_epoch(self) -> int | None:
        """The epoch, counted from 0, that was evaluated last."""
        return self._epochs[-1] if self._epochs else None

    @property
    def patience_is_over(self) -> bool:
        """Whether there were `patience` epochs without a better one."""
        worse = len(self.evaluations) - 1 - self._best_place
        return self.patience is not None and worse >= self.patience

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Evaluate each set, note the scores, and stop when patience is at its end."""
        model = self.model
        results = {}
        for name, (inputs, label_ids) in self._sets.items():
            results[name] = evaluation = _evaluate(model, inputs, label_ids)
            if logs is not None:
                for score in ("accuracy", "macro_f1", "mcc", "loss"):
                    logs[f"{name}_{score}"] = getattr(evaluation, score)
        self.evaluations.append(results)
        self._epochs.append(epoch)
        self._steps.append(int(model.optimizer.iterations))
        better = self.best_epoch is None or self._score(-1) > self._score(self._best_place)
        if better:
            self.best_epoch, self._best_place = epoch, len(self.evaluations) - 1
            if self.restore_best:
                self._best_weights = model.get_weights()
            if self._model_folder is not None:
                model.save_to(self._model_folder)
        if self.verbose:
            for name, evaluation in results.items():
                mark = "  (best so far)" if better else ""
                print(f"epoch {epoch + 1}: {name} {evaluation.summary()}{mark}", flush=True)
        self._write()
        if self.patience_is_over:
            model.stop_training = True
            if self.verbose:
                print(f"stopping: no better {self.monitor} for {self.patience} epochs", flush=True)

    def on_train_end(self, logs: Any = None) -> None:
        """Give the model the best epoch's weights."""
        self.restore()

    def restore(self) -> None:
        """Give the model the best epoch's weights, when there are any."""
        if self._best_weights:
            self.model.set_weights(self._best_weights)

    @property
    def best(self) -> dict[str, Evaluation]:
        """The evaluations of the best epoch, by set; empty before the first."""
        return self.evaluations[self._best_place] if self.evaluations else {}

    def _score(self, place: int) -> float:
        first = next(iter(self.evaluations[place].values()))
        value = getattr(first, self.monitor)
        if self.monitor == "loss":
            value = -value
        return -np.inf if np.isnan(value) else value

    def to_dict(self, before: int | None = None) -> dict[str, Any]:
        """Return the epochs and their scores as plain data; those before an epoch, or all."""
        epochs = zip(self._epochs, self._steps, self.evaluations, strict=True)
        return {
            "monitor": self.monitor,
            "best_epoch": None if self.best_epoch is None else self.best_epoch + 1,
            "epochs": [
                {
                    "epoch": epoch + 1,
                    "step": step,
                    **{name: evaluation.to_dict() for name, evaluation in results.items()},
                }
                for epoch, step, results in epochs
                if before is None or epoch < before
            ],
        }

    def _write(self) -> None:
        if self.folder is None:
            return
        text = json.dumps(self.to_dict(), indent=2) + "\n"
        write_text(self.folder / "evaluations.json", text)
        first = next(iter(self.best.values()))
        step = self._steps[self._best_place]
        write_text(self.folder / "eval_results.txt", first.google_lines(step))


def evaluate_batches(model: keras.Model, batches: Batches) -> Evaluation:
    """Return a model's scores on labelled batches."""
    return _evaluate(model, *_inputs_and_labels("batches", batches))


def _evaluate(model: keras.Model, inputs: Any, label_ids: np.ndarray) -> Evaluation:
    logits = model.predict(inputs, verbose=0)
    names = getattr(getattr(model, "labels", None), "names", None)
    shown = names or [str(number) for number in range(logits.shape[-1])]
    return Evaluation.from_logits(logits, label_ids, shown)


def _inputs_and_labels(name: str, data: Any) -> tuple[Any, np.ndarray]:
    if isinstance(data, Batches):
        if data.store.labels is None:
            raise InputError("The set {name!r} has no labels to evaluate against.", name=name)
        by_length = Batches(data.store, data.batch_size, order="length", pad_id=data.pad_id)
        return by_length, data.store.labels[by_length.row_order()]
    if isinstance(data, tuple) and len(data) == 2:
        return data[0], np.asarray(data[1])
    raise InputError(
        "The set {name!r} must be Batches or a tuple (x, label_ids). Received: {kind}",
        name=name,
        kind=type(data).__name__,
    )
