"""The training itself: evaluate after each epoch, keep the best, leave a checkpoint."""

import time
from pathlib import Path
from typing import Any

from kbert.program import program
from kbert.runs.preparation import Prepared, Report
from kbert.runs.run_directory import RunDirectory


def fit_run(
    prepared: Prepared,
    model: Any,
    run: RunDirectory,
    report: Report,
    *,
    epochs_done: int = 0,
) -> None:
    """Train a compiled model, and leave the best one and a checkpoint in the run.

    Args:
        prepared: Prepared.
        model: BertClassifier, compiled with the plan's optimizer, which stands at `epochs_done`.
        run: the directory.
        report: function of str.
        epochs_done: int. Epochs that were trained before. Defaults to 0.
    """
    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.callbacks.keep_best import KeepBest
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
    progress = ProgressBar(plan.steps_per_epoch * (plan.epochs - epochs_done))
    logger = LearningRateLogger(run.path / "learning_rate.csv")
    guard = PlanGuard(plan, force=config.force)
    callbacks: list[Any] = [guard, progress, logger]
    evaluation = None
    dev_stores = {name: store for name, store in prepared.stores.items() if name != "train"}
    if dev_stores:
        evaluation = EpochEvaluation(
            monitor=config.monitor,
            patience=config.patience,
            folder=run.path,
            restore_best=False,  # the best model is in the run
            **{n: Batches(s, plan.batch_size, pad_id=pad_id) for n, s in dev_stores.items()},
        )
        if epochs_done:
            evaluation.load_history(epochs_done)
        callbacks += [evaluation, KeepBest(evaluation, run.model_folder)]
    callbacks.append(RunCheckpoint(run.path / "checkpoints", plan))
    started = time.monotonic()
    try:
        model.fit(
            batches,
            initial_epoch=epochs_done,
            epochs=plan.epochs,
            verbose=0,
            callbacks=callbacks,
        )
    except BaseException as error:
        progress.close()
        logger.close()
        run.update(
            status="stopped" if isinstance(error, KeyboardInterrupt) else "failed", ended=now()
        )
        error.add_note(_what_is_left(run))
        raise
    seconds = time.monotonic() - started
    if evaluation is None:
        model.save_to(run.model_folder)
    minutes, rest = divmod(round(seconds), 60)
    report(f"Trained in {minutes} min {rest} s.")
    findings = {finding["code"]: finding for finding in run.info.get("findings", [])}
    findings |= {finding.code: finding.to_dict() for finding in guard.findings}
    run.update(
        training_seconds=round(seconds, 1),
        findings=list(findings.values()),
        status="finished",
        ended=now(),
    )
    if evaluation is not None and evaluation.best_epoch is not None:
        run.update(best_epoch=evaluation.best_epoch + 1)
        report(f"The best epoch, which the run keeps: {evaluation.best_epoch + 1}")
        for name, scores in evaluation.best.items():
            report(f"{name}: {scores}")


def now() -> str:
    """Return the time in the form of ISO 8601."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")


def _what_is_left(run: RunDirectory) -> str:
    parts = []
    if run.model_folder.exists():
        parts.append(f"{run} holds the best model so far")
    if Path(run.path / "checkpoints" / "last").exists():
        parts.append(f"{program()} resume {run} goes on after the last whole epoch")
    if not parts:
        parts.append(f"{run} is left without a model: delete it, or name another --output")
    return "; ".join(parts) + "."
