"""Save the whole state of a run, and resume from it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras

from kbert.backend.fit_internals import callbacks_of_fit, forget_first_epoch, set_first_epoch
from kbert.backend.optimizer_internals import batches_seen
from kbert.backend.processes import is_first
from kbert.backend.random_states import capture_random_states, restore_random_states
from kbert.callbacks.epoch_evaluation import EpochEvaluation
from kbert.callbacks.held_steps import read_held
from kbert.callbacks.saved_evaluations import SavedEvaluations
from kbert.callbacks.swapped_weights import check_not_swapped
from kbert.checkpoints.agreed_stop import AgreedStop
from kbert.checkpoints.background_writer import BackgroundWriter
from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_hooks import CheckpointHooks
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.position_counter import PositionCounter
from kbert.checkpoints.resumed_fit import ResumedFit
from kbert.checkpoints.run_steps import FROM_THE_START, Steps, continued_steps
from kbert.checkpoints.save_interval import SaveInterval
from kbert.checkpoints.saves_inside import check_saves_inside
from kbert.checkpoints.training_identity import training_identity
from kbert.checkpoints.training_state import (
    capture_state,
    check_finite,
    saved_random_states,
)
from kbert.data.batches import Batches
from kbert.errors import InputError, allowed_in
from kbert.plans.training_plan import TrainingPlan, check_plan


class RunCheckpoint(keras.callbacks.Callback):
    """Saves the complete training state periodically, so that `fit` can resume from it exactly.

    A checkpoint holds the weights, the optimizer, the states of dropout and metrics, and the
    position in the data; see `CheckpointStore` for how it is written. One is saved after every
    epoch and, with `Batches`, whose order is reproducible, inside epochs too. With `resume=True` a
    new process with the same model and data resumes after the last committed batch. On the same
    machine, with the same number of threads and the same backend, it ends with exactly the weights
    of an uninterrupted run.

    Why not a Keras callback? `BackupAndRestore` writes its files in place, so a kill during a save
    loses the last good state; and it replays the epoch from its first batch. `OrbaxCheckpoint`
    keeps no position in the data, and swallows the errors of its last write.

    Args:
        folder: str or Path. The folder of the checkpoints.
        plan: TrainingPlan. The plan of this `fit`. If it differs from the checkpoint's, training
            resumes at the same number of examples seen; see `ChangedPlan`. Defaults to None.
        evaluation: EpochEvaluation. It must come before this in the list of callbacks. Its history
            is saved too, and the checkpoint of its best evaluation is kept. Defaults to None.
        every_steps: int or None. Also save after every N batches. Defaults to None.
        every_minutes: float or None. Also save after this many minutes. Defaults to None.
        keep: int. How many checkpoints to keep besides the best. Defaults to 2.
        keep_best: int. How many of the best evaluations keep their checkpoints; at least as many as
            `evaluation` averages. Defaults to 1.
        resume: bool. Whether the first `fit` resumes from the checkpoints in `folder`, or starts
            from scratch if there are none. If False, a folder with checkpoints is refused. Defaults
            to False.
        allow: sequence of str. Codes of differences from the checkpoint to tolerate, such as
            "data-differs". Defaults to ().

    Attributes:
        identity: dict of what else must be the same when resuming, such as the preset.
        start: Checkpoint or None. What the first `fit` resumes from, instead of the last one saved.
        hooks: CheckpointHooks. Functions to call when `fit` begins and when a checkpoint is saved.
        has_begun: bool. Whether `fit` has passed all checks, so that files may have changed.
        writes: bool. Whether this process writes files: of several that train together, one does.
        agreed: AgreedStop or None. Finds the batch after which several processes stop.
        stops: dict of the exceptions that end a `fit`, by name, for `agreed`.

    Raises:
        InputError: the checkpoint is damaged or does not fit, or the folder is in use.
        FindingsError: the checkpoint is of another run.
        MachineError: the disk is full or gone; raised after the next batch.

    Example:

    ```python
    checkpoint = RunCheckpoint("runs/a", plan, every_steps=100, resume=True)
    model.fit(batches, epochs=plan.epochs, callbacks=[checkpoint])
    ```
    """

    takes_tensors = True

    def __init__(
        self,
        folder: str | Path,
        plan: TrainingPlan | None = None,
        *,
        evaluation: EpochEvaluation | None = None,
        every_steps: int | None = None,
        every_minutes: float | None = None,
        keep: int = 2,
        keep_best: int = 1,
        resume: bool = False,
        allow: Sequence[str] = (),
    ) -> None:
        super().__init__()
        if plan is not None:
            check_plan(plan)
        if evaluation is not None:
            keep_best = max(keep_best, evaluation.average_best)
        self.store = CheckpointStore(folder, keep, keep_best)
        self.plan = plan
        self.evaluation = evaluation
        self.resume = resume
        self.allow = tuple(allow)
        self.identity: dict[str, Any] = {}
        self.start: Checkpoint | None = None
        self.hooks = CheckpointHooks()
        self.has_begun = False
        self.writes = is_first()
        self.agreed: AgreedStop | None = None
        self.stops: Mapping[str, type[BaseException]] = {}
        self._batches_begun = 0
        self._steps: Steps | None = FROM_THE_START
        self._interval = SaveInterval(every_steps, every_minutes)
        self._next_data: Any = None
        self._beside: list[keras.callbacks.Callback] = []  # all callbacks of the `fit`
        self._writer = BackgroundWriter()
        self._evaluations = SavedEvaluations(evaluation, keep_best)
        self._used = False  # whether the checkpoints in the folder are our own
        self._stop: BaseException | None = None
        self._counter = PositionCounter(None, None, 0)
        self._in_batches = False
        self._random: Arrays | None = None
        self._state_is_whole = False  # whether the model has the state of the counter's position

    def set_data(self, data: Any) -> None:
        """Take the `Batches` of the next `fit`; `BertClassifier.fit` passes its own."""
        self._next_data = data

    def stop(self, reason: BaseException) -> None:
        """Raise `reason` as soon as the state can be saved; for signal handlers."""
        if self.agreed is not None:
            self.agreed.ask(type(reason).__name__)
        elif self._in_batches:
            self._stop = reason
        else:
            raise reason

    def will_save(self) -> bool:
        """Return whether a call of `stop` now leads to a checkpoint."""
        is_saved = self._in_batches or self.agreed is not None
        return self._state_is_whole or (is_saved and self._data is not None)

    def finish_saving(self) -> None:
        """Wait until the checkpoint being saved is on the disk, or raise what prevented it."""
        self._writer.wait()

    def save_interrupted(self) -> None:
        """Save the state of a `fit` that an exception has ended, if that was between two steps."""
        self._writer.wait()
        if self._state_is_whole:
            self._save()
            self._writer.wait()

    def on_train_begin(self, logs: Any = None) -> None:
        data, self._next_data = self._next_data, None
        self._data = data if isinstance(data, Batches) else None
        self._stop, self._in_batches, self._state_is_whole = None, False, False
        self._beside = []
        check_not_swapped(callbacks_of_fit())
        self._writer = BackgroundWriter.for_folder(self.store.folder)
        self._resumed: ResumedFit | None = None
        self._random = None
        self._interval.restart(0)
        self.has_begun = False
        self._identity = {**training_identity(self.model, self.plan, self._data), **self.identity}
        check_saves_inside(
            self._data,
            self.params.get("steps"),
            self._interval.steps,
            self._interval.minutes,
            None if self.evaluation is None else self.evaluation.every_steps,
        )
        rows = 0 if self.plan is None else self.plan.examples
        rows = rows if self._data is None else len(self._data.store)
        self._counter = PositionCounter(self._data, self.params.get("steps"), rows)
        start = self._find_start()
        self._steps = FROM_THE_START
        if start is None:
            self.has_begun = True
            if self.writes:
                self.hooks.begin()
        else:
            self._resume(start)
        self.resume = False  # a later fit begins where it is told to
        self._used = True
        self._beside = callbacks_of_fit()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        forget_first_epoch(self.model)
        data, resumed = self._data, self._resumed
        if resumed is not None:
            self._resumed = None
            resumed.begin(epoch)
        elif data is not None and data.epoch != epoch:
            data.epoch = epoch
        self._counter.begin(epoch)
        self._in_batches, self._state_is_whole = True, False

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batches_begun += 1
        if self.agreed is not None:
            self.agreed.begin(self._batches_begun)
        # What happens between epochs, such as an evaluation, draws random numbers too.
        if self._random is not None:
            restore_random_states(self._random)
            self._random = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._writer.wait()  # only one step runs during a write, so a kill loses no more
        done, counter = batch + 1, self._counter
        counter.count(done)
        if counter.is_last(done):
            # The epoch's end saves; a signal in its evaluation finds the epoch trained.
            counter.end(evaluated=self.evaluation is None)
            self._in_batches, self._state_is_whole = False, True
            self._random = capture_random_states()
        elif self._interval.is_due(counter.position.batches_done) or self._evaluations.keeps(
            counter.position
        ):
            self._save()
        if self.agreed is not None:
            name = self.agreed.reason_to_stop(self._batches_begun)
            self._stop = None if name is None else self.stops.get(name, KeyboardInterrupt)()
        if self._stop is not None:
            self._state_is_whole = not self._in_batches or self._data is not None
            raise self._stop

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        counter = self._counter
        if self._in_batches and self.params.get("steps") is not None:
            return  # another callback has stopped the training inside the epoch
        if self._in_batches:
            counter.end(evaluated=True)
        counter.position = replace(counter.position, evaluated=True)
        self._in_batches = False
        self._evaluations.check_order(counter.position)
        self._save()
        self._state_is_whole = False

    def on_train_end(self, logs: Any = None) -> None:
        forget_first_epoch(self.model)
        self._writer.wait()
        self._beside = []

    def _save(self) -> None:
        # A loss that is not finite gets no checkpoint; the log is written before one is saved.
        read_held(self._beside)
        position = self._counter.position
        self._writer.wait()
        arrays = capture_state(self.model, self._random, metrics=bool(position.segments))
        check_finite(arrays["model"], position)
        history = self._evaluations.history_at(position)
        state = {
            "position": position.to_dict(),
            "facts": self._identity,
            "evaluations": None if history is None else history.to_dict(),
            "steps": self._steps,
            "findings": self.hooks.findings(),
        }
        best = None if history is None else history.best
        is_best = best is not None and best.position == position.name
        self._writer.start(partial(self._commit, position.name, arrays, state, is_best))
        self._interval.restart(position.batches_done)

    def _commit(
        self, name: str, arrays: dict[str, Arrays], state: dict[str, Any], best: bool
    ) -> None:
        """Write a checkpoint, in the writer's thread.

        The log is on the disk before the checkpoint is committed, and the best model is replaced
        after that, so no file of the run shows a step that no checkpoint could have.
        """
        if not self.writes:
            return
        self.hooks.flush()
        self.store.commit(name, arrays, state, best=best)
        if best:
            self.hooks.keep_best(arrays["model"])

    def _find_start(self) -> Checkpoint | None:
        """Return the checkpoint to resume from, or None if `fit` starts from scratch."""
        self.store.check()
        if self.resume:
            if self.start is not None:
                return replace(self.start, arrays=read_checkpoint(self.start.path).arrays)
            path = self.store.latest()
            return None if path is None else read_checkpoint(path)
        committed = self.store.committed()
        if committed and not self._used:
            raise InputError(
                "{folder} already holds checkpoints, the last {name}. To resume from it: "
                "RunCheckpoint(..., resume=True). Otherwise choose another folder.",
                folder=self.store.folder,
                name=(self.store.latest() or committed[-1]).name,
            )
        return None

    def _resume(self, checkpoint: Checkpoint) -> None:
        """Restore the state of a checkpoint to model, optimizer, data and evaluation."""
        resumed = ResumedFit(self.model, checkpoint, self._data)
        with allowed_in("kbert.RunCheckpoint(..., {})"):
            resumed.restore(self.plan, self._identity, self.allow)
        self._resumed = resumed
        self._steps = continued_steps(
            checkpoint.steps, checkpoint.position.batches_done, batches_seen(self.model.optimizer)
        )
        self._counter.position = checkpoint.position
        self._interval.restart(checkpoint.position.batches_done)
        self._random = saved_random_states(checkpoint)
        best = self.store.best_as_of(checkpoint)
        weights = self._evaluations.weights_to_hold(best)
        averaged = self._evaluations.averages_to_hold(checkpoint, self.store)
        # Everything is checked and restored; from here on files change.
        self.has_begun = True
        self.hooks.all_restored()
        if self.writes:
            self.store.rewind_to(checkpoint.path, best)
            self.hooks.begin()
            self.store.tidy()  # a fully trained run saves nothing more
        if self.evaluation is None:
            return
        if self._evaluations.resume(checkpoint, weights, averaged):
            self._counter.position = replace(checkpoint.position, evaluated=True)
            self._save()
        if self.evaluation.history.is_over:
            self.model.stop_training = True
            set_first_epoch(self.model, self.params["epochs"])  # no epoch is left to train
