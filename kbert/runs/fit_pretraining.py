"""Train a prepared pretraining run: evaluate, keep the best model, and leave checkpoints."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from kbert.backend.devices import leave_devices
from kbert.backend.out_of_memory import says_out_of_memory
from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.errors import MachineError
from kbert.findings import Cure, findings_table, worded
from kbert.results.no_better import no_better_than_frequencies
from kbert.runs.fit_run import seconds_trained
from kbert.runs.prepare_pretraining import PreparedPretraining
from kbert.runs.pretraining_callbacks import PretrainingCallbacks
from kbert.runs.report_of_run import try_to_write_report
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_trackers import RunTrackers
from kbert.runs.stop_signals import stop_signals
from kbert.runs.unigram_loss import unigram_loss
from kbert.runs.what_is_left import what_is_left
from kbert.utils.leaving_note import leave_note
from kbert.utils.now import now
from kbert.utils.say import say
from kbert.utils.wording import count_noun, duration

if TYPE_CHECKING:
    from kbert.data.masked_batches import MaskedBatches


def fit_pretraining(
    prepared: PreparedPretraining,
    model: Any,
    run: RunDirectory,
    start: Checkpoint | None = None,
    *,
    begin: Callable[[], object] = lambda: None,
) -> None:
    """Train a compiled model, and leave the best one and checkpoints in the run.

    Args:
        prepared: PreparedPretraining.
        model: MaskedLanguageModel, compiled with the plan's optimizer.
        run: RunDirectory.
        start: Checkpoint or None. What the run resumes from. Defaults to None: a new run.
        begin: function that rewinds the run's files to where it resumes. Defaults to one that does
            nothing.
    """
    from kbert.backend.few_shapes import few_shapes
    from kbert.data.masked_batches import MaskedBatches

    plan = prepared.plan
    batches = MaskedBatches(
        prepared.stores["train"],
        prepared.masking,
        plan.batch_size,
        order="packed" if prepared.config.packing == "on" else "shuffled",
        seed=prepared.config.seed,
        drop_remainder=plan.drop_remainder,
        pad_id=prepared.masking.tokenizer.pad_id,
        few_shapes=few_shapes(model),
    )
    batches.order_version = run.order_version
    trackers = RunTrackers(run, prepared.config)
    callbacks = PretrainingCallbacks.create(prepared, model, run, start, begin, trackers)
    with ExitStack() as devices, trackers.until_the_end():
        if prepared.config.devices is not None:
            devices.callback(leave_devices)  # also if training fails
        _fit(model, batches, callbacks, prepared, run, is_new=start is None)
        _finish(prepared, run, callbacks)


def _fit(
    model: Any,
    batches: "MaskedBatches",
    callbacks: PretrainingCallbacks,
    prepared: PreparedPretraining,
    run: RunDirectory,
    *,
    is_new: bool,
) -> None:
    """Train, and record how long it took; record a failure and raise its cause."""
    started = time.monotonic()
    try:
        with stop_signals(callbacks.checkpoint.stop, callbacks.checkpoint.will_save):
            try:
                model.fit(
                    batches,
                    epochs=prepared.plan.epochs,
                    verbose=0,
                    callbacks=callbacks.in_order,
                )
            except KeyboardInterrupt:
                callbacks.progress.close()
                callbacks.checkpoint.save_interrupted()
                raise
    except BaseException as error:
        callbacks.progress.close()
        callbacks.logger.close()
        stopped = isinstance(error, KeyboardInterrupt)
        if is_new or callbacks.checkpoint.has_begun:  # otherwise the run is unchanged
            status = "stopped" if stopped else "failed"
            run.try_to_update(status=status, ended=now(), **seconds_trained(run, started))
        if says_out_of_memory(error):
            raise _too_large(prepared) from error
        if not stopped and batches.failure not in (None, error):  # TensorFlow's error only names it
            leave_note(batches.failure, what_is_left(run))
            raise batches.failure from error
        leave_note(error, what_is_left(run))
        raise
    run.update(**seconds_trained(run, started))


def _too_large(prepared: PreparedPretraining) -> MachineError:
    """Return the error for a step that does not fit, with smaller batches for the same updates."""
    plan, length = prepared.plan, prepared.config.max_length
    smaller: dict[str, int] = {
        "batch_size": plan.batch_size // 2,
        "gradient_accumulation_steps": plan.gradient_accumulation_steps * 2,
    }
    if plan.batch_size == 1:
        smaller = {"max_length": max(length // 2, 3)}
    return MachineError(
        "Out of memory: a training step of {rows} x {length} tokens does not fit.",
        rows=count_noun(plan.batch_size, "row"),
        length=length,
        cure=Cure(smaller, note="in a new run"),
    )


def _finish(
    prepared: PreparedPretraining,
    run: RunDirectory,
    callbacks: PretrainingCallbacks,
) -> None:
    """Write the best model, or the last one without an evaluation, and record the run's end."""
    evaluation, store = callbacks.evaluation, CheckpointStore(run.checkpoints)
    best = None if evaluation is None else evaluation.history.best
    path = store.best() if best is not None else store.latest()
    assert path is not None, "every epoch leaves a checkpoint"
    # Written again: a process may have ended after the checkpoint and before the model.
    callbacks.write(read_checkpoint(path, only="model").arrays["model"])
    say(worded("Trained in {duration}.", duration=duration(run.record["training_seconds"])))
    unigram, found = None, []
    if best is not None and evaluation is not None:
        say(worded("The best evaluation, which the run keeps: {when}", when=best.when))
        for name, scores in best.scores.items():
            say(worded("{name}: {scores}", name=name, scores=scores))
        unigram = unigram_loss(prepared.stores["train"], evaluation.evaluated_sets()["dev"])
        say(
            worded(
                "The frequencies of the tokens alone: masked loss {unigram:.4f}", unigram=unigram
            )
        )
        finding = no_better_than_frequencies(best, unigram)
        if finding is not None:
            found = [finding]
            say(findings_table(found))
    by_code = {finding.get("code"): finding for finding in run.record.get("findings", [])}
    by_code |= {finding["code"]: finding for finding in callbacks.checkpoint.hooks.findings()}
    by_code |= {finding.code: finding.to_record() for finding in found}
    end: dict[str, Any] = dict(
        findings=list(by_code.values()),
        status="finished",
        ended=now(),
        **({} if best is None else {"best_epoch": best.epoch, "unigram_loss": unigram}),
    )
    if prepared.config.report:
        try_to_write_report(run, {}, end)
    run.update(**end)  # last: a finished run has all its results
