"""Leave checkpoints to go on from, and go on from them."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras

from kbert.backend.keras_internals import (
    forget_first_epoch,
    set_batches_seen,
    set_first_epoch,
)
from kbert.backend.random_states import capture_random_states, restore_random_states
from kbert.callbacks.epoch_evaluation import EpochEvaluation
from kbert.checkpoints.background_writer import BackgroundWriter
from kbert.checkpoints.checkpoint_files import Arrays, Checkpoint, read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.position_counter import PositionCounter
from kbert.checkpoints.training_identity import identity_findings, training_identity
from kbert.checkpoints.training_state import (
    capture_state,
    check_finite,
    restore_epoch_state,
    restore_state,
    saved_random_states,
)
from kbert.data.batches import Batches
from kbert.errors import InputError, raise_on_errors
from kbert.findings import downgrade
from kbert.plans.changed_plan import ChangedPlan
from kbert.plans.training_plan import TrainingPlan


class RunCheckpoint(keras.callbacks.Callback):
    """Commits the whole state of a training now and then, and lets `fit` go on from it exactly.

    A checkpoint holds the weights, the optimizer, the states of dropout and metrics, and the
    position in the data; see `CheckpointStore` for how it is written. It is taken after every
    epoch and, with `Batches`, whose order is known, inside epochs too. With `resume=True` a new
    process with the same model and data goes on after the last committed batch, and on the same
    machine and backend ends with the very weights that it would have had undisturbed.

    Args:
        folder: str or Path. The folder of the checkpoints.
        plan: TrainingPlan, of this `fit`. With another plan than the checkpoint's the position is
            kept in examples seen, see `ChangedPlan`. Defaults to None.
        data: Batches, what `fit` is given; `BertClassifier.fit` gives its own. Defaults to None.
        evaluation: EpochEvaluation, which stands before this in the list of callbacks: its history
            is kept too, and the checkpoint of its best epoch. Defaults to None.
        every_steps: int or None. Save after so many batches, too. Defaults to None.
        every_minutes: float or None. Save after so many minutes, too. Defaults to None.
        keep: int. Checkpoints to keep beside the best. Defaults to 2.
        resume: bool. Whether the first `fit` goes on from what `folder` holds, or begins where it
            holds nothing. Without it a folder with checkpoints is refused. Defaults to False.
        allow: sequence of str. Codes of differences from the checkpoint that are not to stop the
            resumption, such as "data-differs". Defaults to ().
        background: bool. Write from a copy of the state while the next step runs. Defaults to
            True.
        facts: dict of more facts, such as the preset, that must be the same when resuming.

    Raises:
        KbertError: a checkpoint that is damaged or does not fit, or a folder in use.
        MachineError: the disk is full or gone; raised after the batch that follows.

    Example:

    ```python
    checkpoint = RunCheckpoint("runs/a", plan, every_steps=100, resume=True)
    model.fit(batches, epochs=plan.epochs, callbacks=[checkpoint])
    ```
    """

    def __init__(
        self,
        folder: str | Path,
        plan: TrainingPlan | None = None,
        *,
        data: Batches | None = None,
        evaluation: EpochEvaluation | None = None,
        every_steps: int | None = None,
        every_minutes: float | None = None,
        keep: int = 2,
        resume: bool = False,
        allow: Sequence[str] = (),
        background: bool = True,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("every_steps", every_steps), ("every_minutes", every_minutes)):
            if value is not None and value <= 0:
                raise InputError(
                    "`{name}` must be above 0, or None. Received: {value}", name=name, value=value
                )
        self.store = CheckpointStore(folder, keep)
        self.plan = plan
        self.evaluation = evaluation
        self.every_steps = every_steps
        self.every_minutes = every_minutes
        self.resume = resume
        self.allow = tuple(allow)
        self.facts = dict(facts or {})
        self._given = data
        self._watched: Any = None
        self._writer = BackgroundWriter(background=background)
        self._used = False  # whether the checkpoints in the folder are our own
        self._stop: BaseException | None = None
        self._counter = PositionCounter(None, None, 0)
        self._in_batches = False
        self._random: Arrays | None = None
        self._state_is_whole = False  # whether the model stands where the counter does

    def watch(self, data: Any) -> None:
        """Take the data of the next `fit`; `BertClassifier.fit` gives its own."""
        self._watched = data

    def stop(self, reason: BaseException) -> None:
        """Raise `reason` as soon as the state can be saved; for the handler of a signal."""
        if self._in_batches:
            self._stop = reason
        else:
            raise reason

    def finish_saving(self) -> None:
        """Wait until what has begun to be saved is on the disk, or raise why it is not."""
        self._writer.wait()

    def save_interrupted(self) -> None:
        """Save the state of a `fit` that an exception has ended, where it is between two steps."""
        self._writer.wait()
        if self._state_is_whole:
            self._save()
            self._writer.wait()

    def on_train_begin(self, logs: Any = None) -> None:
        """Go on from the last checkpoint, where that was asked for."""
        data = self._watched if self._given is None else self._given
        self._watched = None
        self._data = data if isinstance(data, Batches) else None
        self._stop, self._in_batches, self._state_is_whole = None, False, False
        self._resumed: Checkpoint | None = None
        self._random = None
        self._saved_time, self._saved_batches = time.monotonic(), 0
        self._facts = {**training_identity(self.model, self.plan, self._data), **self.facts}
        self._check_data()
        rows = 0 if self.plan is None else self.plan.examples
        rows = rows if self._data is None else len(self._data.store)
        self._counter = PositionCounter(self._data, self.params.get("steps"), rows)
        last = self.store.last()
        if self.resume and last is not None:
            self._go_on(read_checkpoint(last))
        elif last is not None and not self._used:
            raise InputError(
                "{folder} already holds checkpoints, the last {name}. To go on from it: "
                "RunCheckpoint(..., resume=True); else name another folder.",
                folder=self.store.folder,
                name=last.name,
            )
        self.resume = False  # a later fit begins where it is told to
        self._used = True

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Begin the epoch where the checkpoint was taken, or at its first batch."""
        forget_first_epoch(self.model)
        data, resumed = self._data, self._resumed
        if resumed is not None:
            self._resumed = None
            self._begin_inside(epoch, resumed)
        elif data is not None and data.epoch != epoch:
            data.epoch = epoch
        self._counter.begin(epoch)
        self._in_batches, self._state_is_whole = True, False

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Let the steps' random numbers go on where they were before anything between epochs."""
        if self._random is not None:
            restore_random_states(self._random)
            self._random = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Count the batch, and save when it is time."""
        self._writer.wait()  # one step runs beside the writing, so no more is lost by a kill
        made = batch + 1
        counter = self._counter
        counter.count(made)
        if counter.is_last(made):
            # The epoch's end saves; a signal in its evaluation finds the epoch trained.
            counter.end(evaluated=self.evaluation is None)
            self._in_batches, self._state_is_whole = False, True
            self._random = capture_random_states()
        elif self._is_due() or self._has_to_keep_the_evaluation():
            self._save()
        if self._stop is not None:
            self._state_is_whole = self._in_batches is False or self._data is not None
            raise self._stop

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save the whole epoch."""
        counter, evaluation = self._counter, self.evaluation
        if self._in_batches and self.params.get("steps") is not None:
            return  # another callback has stopped the training inside the epoch
        if self._in_batches:
            counter.end(evaluated=True)
        counter.position = replace(counter.position, evaluated=True)
        self._in_batches = False
        last = None if evaluation is None else evaluation.history.last
        if evaluation is not None and (last is None or last.position != counter.position.name):
            raise InputError("EpochEvaluation must stand before RunCheckpoint in `callbacks`.")
        self._save()
        self._state_is_whole = False

    def on_train_end(self, logs: Any = None) -> None:
        """Wait until the last checkpoint is on the disk."""
        forget_first_epoch(self.model)
        self._writer.wait()

    def _save(self) -> None:
        position = self._counter.position
        self._writer.wait()
        arrays = capture_state(self.model, self._random, metrics=bool(position.segments))
        check_finite(arrays["model"], position)
        history = None if self.evaluation is None else self.evaluation.history
        if history is not None and not position.evaluated:
            history = history.without_end_of(position.epoch)
        state = {
            "position": position.to_dict(),
            "facts": self._facts,
            "evaluations": None if history is None else history.to_dict(),
        }
        best = None if history is None else history.best
        is_best = best is not None and best.position == position.name
        self._writer.start(partial(self.store.commit, position.name, arrays, state, best=is_best))
        self._saved_time, self._saved_batches = time.monotonic(), position.batches_done

    def _has_to_keep_the_evaluation(self) -> bool:
        """Whether the batch's evaluation is the best so far, or ends the run.

        `best` is then the checkpoint of the best evaluation in every later checkpoint's history.
        """
        history = None if self.evaluation is None else self.evaluation.history
        if history is None or history.last is None:
            return False
        is_new = history.last.position == self._counter.position.name
        return is_new and (history.best is history.last or history.is_over)

    def _is_due(self) -> bool:
        made = self._counter.position.batches_done - self._saved_batches
        minutes = (time.monotonic() - self._saved_time) / 60
        return (self.every_steps is not None and made >= self.every_steps) or (
            self.every_minutes is not None and minutes >= self.every_minutes
        )

    def _go_on(self, checkpoint: Checkpoint) -> None:
        """Give model, optimizer, data and evaluation the state of a checkpoint."""
        findings = identity_findings(checkpoint.facts, self._facts)
        position, model = checkpoint.position, self.model
        change = None
        if self.plan is not None and "plan" in checkpoint.facts:
            old = TrainingPlan.from_dict(checkpoint.facts["plan"])
            if old != self.plan:
                change = ChangedPlan(old, self.plan, position.examples_seen)
                findings += change.findings()
        raise_on_errors(downgrade(findings, self.allow), can_allow=True)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        new_batches = change is not None and change.batches_differ
        restore_state(model, checkpoint, fresh_accumulators=new_batches)
        if change is not None:
            # Keras counts batches here, and divides by the accumulation itself.
            k = change.new.gradient_accumulation_steps
            seen = change.new_batches // k * k if new_batches else change.new_batches
            set_batches_seen(model.optimizer, seen)
        self._counter.position = position
        self._saved_batches = position.batches_done
        self._random = saved_random_states(checkpoint)
        self._resumed = checkpoint
        set_first_epoch(model, position.epoch)
        if position.segments:
            if self._data is None:
                raise InputError(
                    "{path} was taken inside an epoch of Batches. Give fit the same Batches: "
                    "RunCheckpoint(..., data=batches)",
                    path=checkpoint.path,
                )
            self._data.resume_at(position.epoch, position.segments)
        if self.evaluation is not None and checkpoint.evaluations is not None:
            best = self.store.best() if self.evaluation.restore_best else None
            weights = None if best is None else read_checkpoint(best).arrays["model"]
            self.evaluation.resume_at(checkpoint.evaluations, weights, position.batch)
        if not position.evaluated and self.evaluation is not None:
            epoch = position.epoch - 1
            self.evaluation.on_epoch_end(epoch, {})
            self._counter.position = replace(position, evaluated=True)
            self._save()
        if self.evaluation is not None and self.evaluation.history.is_over:
            model.stop_training = True
            set_first_epoch(model, self.params["epochs"])  # no epoch is left to train

    def _begin_inside(self, epoch: int, checkpoint: Checkpoint) -> None:
        """Begin the first epoch after a checkpoint."""
        position = checkpoint.position
        if epoch != position.epoch:
            raise InputError(
                "fit begins with epoch {epoch} and the checkpoint with {epoch2}, counted from "
                "0. Leave `initial_epoch` out; the checkpoint sets it.",
                epoch=epoch,
                epoch2=position.epoch,
            )
        if position.segments:
            assert self._data is not None
            restore_epoch_state(self.model, checkpoint, self._data[0])

    def _check_data(self) -> None:
        """Raise KbertError where it is to save inside epochs that it could not go on with."""
        intervals = [self.every_steps, self.every_minutes]
        intervals += [self.evaluation.every_steps] if self.evaluation else []
        inside = any(interval is not None for interval in intervals)
        steps = self.params.get("steps")
        if inside and (self._data is None or steps != len(self._data)):
            raise InputError(
                "A training goes on inside an epoch only with whole epochs of Batches, whose "
                "order is known. Pass them to fit, and to RunCheckpoint(..., data=batches) "
                "where the model is no BertClassifier; or leave `every_steps` and "
                "`every_minutes` out."
            )
