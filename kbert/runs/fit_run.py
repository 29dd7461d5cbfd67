"""Train a prepared run: evaluate, keep the best model, and leave checkpoints."""

import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from kbert.backend import processes
from kbert.backend.devices import leave_devices
from kbert.backend.out_of_memory import says_out_of_memory
from kbert.errors import KbertError
from kbert.runs.average_of_best import average_of_best
from kbert.runs.best_model import has_model, with_choices, write_best
from kbert.runs.build_model import change_values
from kbert.runs.finish_run import finish_run
from kbert.runs.given_callbacks import GivenCallbacks, naming_callbacks
from kbert.runs.prepare import PreparedRun
from kbert.runs.resumption import Resumption
from kbert.runs.run_baselines import run_baselines
from kbert.runs.run_callbacks import RunCallbacks
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_predictions import best_logits
from kbert.runs.run_trackers import RunTrackers
from kbert.runs.shared_run import FollowedRun
from kbert.runs.step_too_large import step_too_large
from kbert.runs.stop_signals import stop_signals
from kbert.runs.training_batches import training_batches
from kbert.runs.what_is_left import what_is_left
from kbert.utils.lasting_stream import noting_lost_output
from kbert.utils.leaving_note import leave_note
from kbert.utils.now import now

if TYPE_CHECKING:
    from kbert.data.batches import Batches


def fit_run(
    prepared: PreparedRun,
    model: Any,
    run: RunDirectory,
    resumption: Resumption | None = None,
    *,
    begin: Callable[[], object] | None = None,
    given: GivenCallbacks | None = None,
) -> None:
    """Train a compiled model, and leave the best one and checkpoints in the run.

    Args:
        prepared: PreparedRun.
        model: BertClassifier, compiled with the plan's optimizer.
        run: RunDirectory.
        resumption: Resumption or None. What the run resumes from. Defaults to None: a new run.
        begin: function that rewinds the run's files to where it resumes. It is called after
            everything is checked and restored, and is the first to change anything. Defaults to
            None: the run is new.
        given: GivenCallbacks or None. The user's own callbacks, which run after the evaluation.
            Defaults to None.
    """
    batches = training_batches(prepared, model)
    batches.order_version = run.order_version
    config = prepared.config
    if isinstance(run, FollowedRun):  # the process that writes the run reports it
        config = replace(config, report_to=None)
    trackers = RunTrackers(run, config)
    own = [] if given is None else given.take()
    callbacks = RunCallbacks.create(prepared, model, run, resumption, begin, trackers, own)
    with (
        ExitStack() as devices,
        noting_lost_output(partial(_note_lost_output, run)),
        trackers.until_the_end(),
    ):
        if config.devices is not None:
            devices.callback(leave_devices)  # also if training fails
        with naming_callbacks(own, partial(what_is_left, run)):
            _fit(model, batches, callbacks, prepared, run, resumption)
        try:
            if not isinstance(run, FollowedRun):
                _keep_model(model, run, callbacks)
            if prepared.config.average_best and callbacks.evaluation is not None:
                average_of_best(
                    run,
                    model,
                    callbacks.evaluation,
                    callbacks.checkpoint,
                    prepared.config.average_best,
                )
            logits = _best_logits(model, run, callbacks)
            devices.close()  # only the writing process computes what follows, on new models
            if isinstance(run, FollowedRun):
                return
            finish_run(prepared, model, run, callbacks, logits)
        except KeyboardInterrupt as stop:
            leave_note(stop, what_is_left(run))
            raise


def _note_lost_output(run: RunDirectory, stream: str, reason: str) -> None:
    """Record that a stream cannot be written to: the run continues, but its log ends."""
    with suppress(KbertError):
        run.try_to_update(output_lost={**run.record.get("output_lost", {}), stream: reason})


def _fit(
    model: Any,
    batches: "Batches",
    callbacks: RunCallbacks,
    prepared: PreparedRun,
    run: RunDirectory,
    resumption: Resumption | None,
) -> None:
    """Train, and record how long it took; record a failure and raise its cause."""
    started = time.monotonic()
    try:
        if resumption is None:
            run_baselines(prepared, model, run)
            change_values(prepared.config, model, batches)
            started = time.monotonic()
        agreed = callbacks.checkpoint.agreed
        with stop_signals(callbacks.checkpoint.stop, callbacks.checkpoint.will_save):
            try:
                if agreed is not None:
                    agreed.watch()
                model.fit(
                    batches,
                    epochs=prepared.plan.epochs,
                    verbose=0,
                    callbacks=callbacks.in_order,
                )
            except KeyboardInterrupt:
                callbacks.progress.close()
                callbacks.checkpoint.save_interrupted()
                if agreed is not None and agreed.is_agreed:
                    processes.barrier("saved")  # wait: a process that ends would end the others
                raise
    except BaseException as error:
        callbacks.progress.close()
        callbacks.logger.close()
        stopped = isinstance(error, KeyboardInterrupt)
        begun = callbacks.is_new or callbacks.checkpoint.has_begun
        if begun:  # otherwise the run is unchanged
            status = "stopped" if stopped else "failed"
            run.try_to_update(status=status, ended=now(), **seconds_trained(run, started))
        if says_out_of_memory(error):
            if not begun:
                raise MemoryError from error
            raise step_too_large(prepared.config, batches) from error
        if not stopped and batches.failure not in (None, error):
            batches.failure.add_note(what_is_left(run))
            raise batches.failure from error
        error.add_note(what_is_left(run))
        raise
    run.update(**seconds_trained(run, started))


def seconds_trained(run: RunDirectory, started: float) -> dict[str, float]:
    """Return how long the run has trained, in all its processes that could record it."""
    before = run.readable_record.get("training_seconds", 0.0)
    return {"training_seconds": round(before + time.monotonic() - started, 1)}


def _keep_model(model: Any, run: RunDirectory, callbacks: RunCallbacks) -> None:
    """Leave the last model of a run without an evaluation; otherwise the run has its best one."""
    evaluation = callbacks.evaluation
    if evaluation is None:
        model.save_to(run.model_folder)
    elif not has_model(run) and (kept := callbacks.checkpoint.store.best()) is not None:
        # Someone has removed it meanwhile.
        write_best(run, with_choices(model.get_config(), evaluation.history), kept)


def _best_logits(model: Any, run: RunDirectory, callbacks: RunCallbacks) -> dict[str, Any]:
    """Return the best model's logits for each set; all processes compute them."""
    evaluation = callbacks.evaluation
    if evaluation is None or evaluation.history.best is None:
        return {}
    processes.barrier("trained")  # the best model is written
    logits = best_logits(run, model, evaluation)
    processes.barrier("predicted")
    return logits
