"""The training itself: evaluate after each epoch, keep the best, leave checkpoints."""

import time
from typing import Any

from kbert.backend.out_of_memory import says_out_of_memory
from kbert.config import TrainConfig
from kbert.errors import MachineError
from kbert.runs.prepare import PreparedRun, Report
from kbert.runs.run_directory import RunDirectory
from kbert.runs.stop_signals import stop_signals
from kbert.runs.task_predictions import write_test_results
from kbert.utils.command_name import command_name
from kbert.utils.wording import count_noun


def fit_run(
    prepared: PreparedRun,
    model: Any,
    run: RunDirectory,
    report: Report,
    *,
    resume: bool = False,
    batches_done: int = 0,
    trained: bool = False,
    allow: tuple[str, ...] = (),
) -> None:
    """Train a compiled model, and leave the best one and checkpoints in the run.

    Args:
        prepared: PreparedRun.
        model: BertClassifier, compiled with the plan's optimizer.
        run: the directory.
        report: function of str.
        resume: bool. Whether to go on from the run's last checkpoint. Defaults to False.
        batches_done: int. Batches of the plan that were made before. Defaults to 0.
        trained: bool. Whether only the end is left to write. Defaults to False.
        allow: tuple of str. Differences from the checkpoint that do not matter. Defaults to ().
    """
    from keras.callbacks import LambdaCallback

    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.callbacks.learning_rate_logger import LearningRateLogger
    from kbert.callbacks.plan_guard import PlanGuard
    from kbert.callbacks.progress_bar import ProgressBar
    from kbert.callbacks.run_checkpoint import RunCheckpoint
    from kbert.data.batches import Batches

    config, plan = prepared.config, prepared.plan
    pad_id = model.tokenizer.pad_id
    batches = Batches(
        prepared.stores["train"],
        plan.batch_size,
        order="shuffled",
        seed=config.seed,
        drop_remainder=plan.drop_remainder,
        pad_id=pad_id,
    )
    progress = ProgressBar(plan.batches, batches_done)
    logger = LearningRateLogger(run.path / "learning_rate.csv")
    guard = PlanGuard(plan, allow=config.allow)
    evaluation = None
    dev_stores = {name: store for name, store in prepared.stores.items() if name != "train"}
    if dev_stores:
        evaluation = EpochEvaluation(
            monitor=config.monitor,
            patience=config.patience,
            folder=run.path,
            model_folder=run.model_folder,
            restore_best=False,  # the best model is in the run
            **{n: Batches(s, plan.batch_size, pad_id=pad_id) for n, s in dev_stores.items()},
        )
    checkpoint = RunCheckpoint(
        run.checkpoints,
        plan,
        evaluation=evaluation,
        every_steps=config.checkpoint_steps,
        every_minutes=config.checkpoint_minutes,
        keep=config.keep_checkpoints,
        resume=resume,
        allow=allow,
        facts={"run": run.record.get("id"), "preset": config.preset},
    )
    # A step that ran beside the writing of a checkpoint counts when that is on the disk: so a kill
    # costs no more steps than lie between two checkpoints.
    saved = LambdaCallback(on_train_batch_end=lambda batch, logs: checkpoint.finish_saving())
    # The checkpoint comes last: it keeps what the others have seen, and found sound.
    callbacks: list[Any] = [
        saved,
        progress,
        logger,
        *([evaluation] if evaluation else []),
        checkpoint,
    ]
    if not trained:
        callbacks.insert(0, guard)
    started = time.monotonic()
    try:
        with stop_signals(checkpoint.stop):
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
        run.try_to_update(status="stopped" if stopped else "failed", ended=now())
        if says_out_of_memory(error):
            raise too_large(config, batches) from error
        if not stopped and batches.failure not in (None, error):
            batches.failure.add_note(_what_is_left(run))
            raise batches.failure from error
        error.add_note(_what_is_left(run))
        raise
    seconds = time.monotonic() - started
    if evaluation is None:
        model.save_to(run.model_folder)
    _finish(run, guard.findings, seconds, report)
    if evaluation is not None and evaluation.best_epoch is not None:
        run.update(best_epoch=evaluation.best_epoch + 1)
        report(f"The best epoch, which the run keeps: {evaluation.best_epoch + 1}")
        for name, scores in evaluation.best.items():
            report(f"{name}: {scores}")
    if prepared.unlabelled is not None:
        report(f"As run_classifier.py leaves it: {write_test_results(run, prepared.unlabelled)}")


def now() -> str:
    """Return the time in the form of ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _finish(run: RunDirectory, findings: list[Any], seconds: float, report: Report) -> None:
    minutes, rest = divmod(round(seconds), 60)
    report(f"Trained in {minutes} min {rest} s.")
    by_code = {finding["code"]: finding for finding in run.record.get("findings", [])}
    by_code |= {finding.code: finding.to_dict() for finding in findings}
    run.update(
        training_seconds=round(run.record.get("training_seconds", 0.0) + seconds, 1),
        findings=list(by_code.values()),
        status="finished",
        ended=now(),
    )


def _what_is_left(run: RunDirectory) -> str:
    parts = []
    if run.model_folder.exists():
        parts.append(f"{run} holds the best model so far")
    if (run.checkpoints / "last").exists():
        parts.append(f"{command_name()} resume {run} goes on from the last checkpoint")
    if not parts:
        parts.append(f"{run} is left without a model: delete it, or name another --output")
    return "; ".join(parts) + "."


def too_large(config: TrainConfig, batches: Any) -> MachineError:
    """Return the error that says so, with smaller batches that make the same updates."""
    size = config.batch_size
    widest = max(batches.width(index) for index in range(len(batches)))
    cures = []
    if size > 1:
        k = config.gradient_accumulation_steps * 2
        smaller = f"--batch-size {size // 2} --gradient-accumulation-steps {k}"
        cures.append(f"{smaller}, which makes about the same updates")
    if config.max_length > 16:
        cures.append(f"--max-length {config.max_length // 2}")
    cure = ", or ".join([*cures, "a smaller --preset"])
    return MachineError(
        "The memory does not hold a training step with {rows} of {widest} tokens. Cure: {value}",
        rows=count_noun(size, "row"),
        widest=widest,
        value=cure,
    )
