"""Train a prepared pretraining run: evaluate, keep the best model, and leave checkpoints."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from kbert.backend.choose_backend import import_keras
from kbert.backend.out_of_memory import says_out_of_memory
from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_hooks import CheckpointHooks
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.errors import MachineError
from kbert.findings import Cure
from kbert.interop.write_masked_model import write_masked_model
from kbert.runs.fit_run import now
from kbert.runs.learning_rate_log import flush_log
from kbert.runs.prepare_pretraining import PreparedPretraining
from kbert.runs.run_directory import RunDirectory
from kbert.runs.stop_signals import stop_signals
from kbert.utils.leaving_note import leave_note
from kbert.utils.say import say
from kbert.utils.wording import duration


def build_masked_model(prepared: PreparedPretraining) -> Any:
    """Return a run's MaskedLanguageModel, compiled; the first thing that needs Keras.

    Args:
        prepared: PreparedPretraining.
    """
    config = prepared.config
    say(f"Loading {config.preset} on {config.backend} ...")
    import_keras()
    import keras

    from kbert.models.masked_language_model import MaskedLanguageModel
    from kbert.optimizers import create_optimizer

    keras.utils.set_random_seed(config.seed)
    model = MaskedLanguageModel.from_preset(
        config.preset,
        pretrained=config.weights == "pretrained",
        tokenizer=prepared.masking.tokenizer,
        dtype="float32" if config.precision == "float32" else f"mixed_{config.precision}",
    )
    model.gradient_checkpointing = config.gradient_checkpointing
    model.compile(optimizer=create_optimizer(prepared.plan))
    return model


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
        start: Checkpoint or None. What the run resumes from. Defaults to None: it starts.
        begin: function that takes the run's files to where it resumes. Defaults to nothing.
    """
    from kbert.backend.few_shapes import few_shapes
    from kbert.callbacks.learning_rate_logger import LearningRateLogger
    from kbert.callbacks.masked_epoch_evaluation import MaskedEpochEvaluation
    from kbert.callbacks.plan_guard import PlanGuard
    from kbert.callbacks.progress_bar import ProgressBar
    from kbert.callbacks.run_checkpoint import RunCheckpoint
    from kbert.data.masked_batches import MaskedBatches

    config, plan = prepared.config, prepared.plan
    settings: dict[str, Any] = {
        "pad_id": prepared.masking.tokenizer.pad_id,
        "few_shapes": few_shapes(model),
    }
    batches = MaskedBatches(
        prepared.stores["train"],
        prepared.masking,
        plan.batch_size,
        order="shuffled",
        seed=config.seed,
        drop_remainder=plan.drop_remainder,
        **settings,
    )
    batches.order_version = run.order_version
    evaluation = None
    if "dev" in prepared.stores:
        dev = MaskedBatches(prepared.stores["dev"], prepared.masking, plan.batch_size, **settings)
        evaluation = MaskedEpochEvaluation(
            {"dev": dev},
            patience=config.patience,
            folder=run.path,
            restore_best=False,  # the run keeps the best model, after its checkpoint
            every_steps=config.evaluate_every,
        )
    progress = ProgressBar(plan.batches, 0 if start is None else start.position.batches_done)
    logger = LearningRateLogger(run.path / "learning_rate.csv")
    guard = PlanGuard(plan, allow=config.allow)
    guard.set_shown(prepared.findings)
    checkpoint = RunCheckpoint(
        run.checkpoints,
        plan,
        evaluation=evaluation,
        every_steps=config.checkpoint_steps,
        every_minutes=config.checkpoint_minutes,
        keep=config.keep_checkpoints,
        resume=start is not None,
        allow=config.allow,
    )
    checkpoint.identity = {"run": run.record.get("id"), "preset": config.preset}
    checkpoint.start = start
    write = partial(_write_model, run, model.get_config(), prepared)
    checkpoint.hooks = CheckpointHooks(
        begin=begin,
        flush=partial(flush_log, run.path),
        keep_best=write,
        findings=lambda: [finding.to_dict() for finding in guard.findings],
    )
    is_trained = start is not None and start.position.batches_done >= plan.batches
    callbacks = [progress, logger, *([evaluation] if evaluation else []), checkpoint]
    if not is_trained:
        callbacks.insert(0, guard)
    started = time.monotonic()
    try:
        with stop_signals(checkpoint.stop, checkpoint.will_save):
            try:
                model.fit(batches, epochs=plan.epochs, verbose=0, callbacks=callbacks)
            except KeyboardInterrupt:
                progress.close()
                checkpoint.save_interrupted()
                raise
    except BaseException as error:
        progress.close()
        logger.close()
        stopped = isinstance(error, KeyboardInterrupt)
        if checkpoint.has_begun:
            run.try_to_update(status="stopped" if stopped else "failed", ended=now())
        if says_out_of_memory(error):
            raise MachineError(
                "Out of memory: a training step of {rows} rows does not fit.",
                rows=plan.batch_size,
                cure=Cure({"batch_size": max(1, plan.batch_size // 2)}),
            ) from error
        if stopped:
            leave_note(error, _left(run))
        raise
    _finish(run, CheckpointStore(run.checkpoints), write, evaluation, time.monotonic() - started)


def _finish(
    run: RunDirectory,
    store: CheckpointStore,
    write: Callable[[Arrays], object],
    evaluation: Any,
    seconds: float,
) -> None:
    """Leave the best model, or without an evaluation the last, and record the run's end."""
    best = None if evaluation is None else evaluation.history.best
    path = store.best() if best is not None else store.latest()
    assert path is not None, "every epoch leaves a checkpoint"
    # Written again: a process may have ended between the checkpoint and the model.
    write(read_checkpoint(path, only="model").arrays["model"])
    say(f"Trained in {duration(seconds)}.")
    if best is not None:
        say(f"The best evaluation, which the run keeps: {best.when}")
        for name, scores in best.scores.items():
            say(f"{name}: {scores}")
    run.update(
        training_seconds=round(run.record.get("training_seconds", 0.0) + seconds, 1),
        status="finished",
        ended=now(),
        **({} if best is None else {"best_epoch": best.epoch}),
    )


def _write_model(
    run: RunDirectory, settings: dict[str, Any], prepared: PreparedPretraining, weights: Arrays
) -> None:
    """Write the weights of a checkpoint as the run's model."""
    try:
        write_masked_model(
            run.model_folder,
            settings,
            weights,
            prepared.masking.tokenizer,
            prepared.config.max_length,
        )
    except OSError as error:
        raise MachineError(
            "The model cannot be written to {folder}: {reason}. Its checkpoint is intact; when "
            "there is room again, resume from the last.",
            folder=run.model_folder,
            reason=error.strerror or error,
        ) from error


def _left(run: RunDirectory) -> str:
    from kbert.findings import Call

    if CheckpointStore(run.checkpoints).committed():
        return f"{Call('resume', run.path)} resumes from the last checkpoint."
    return f"nothing was trained yet; {Call('resume', run.path)} starts from scratch."
