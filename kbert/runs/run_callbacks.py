"""The callbacks of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kbert.backend import processes
from kbert.checkpoints.agreed_stop import AgreedStop
from kbert.checkpoints.checkpoint import Arrays
from kbert.checkpoints.checkpoint_hooks import CheckpointHooks
from kbert.runs.average_of_best import check_can_average
from kbert.runs.best_model import keep_best, with_choices
from kbert.runs.learning_rate_log import flush_log
from kbert.runs.prepare import PreparedRun
from kbert.runs.resumption import Resumption
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_trackers import RunTrackers
from kbert.runs.stop_signals import STOP_SIGNALS

if TYPE_CHECKING:
    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.callbacks.learning_rate_logger import LearningRateLogger
    from kbert.callbacks.plan_guard import PlanGuard
    from kbert.callbacks.progress_bar import ProgressBar
    from kbert.callbacks.run_checkpoint import RunCheckpoint


@dataclass(frozen=True)
class RunCallbacks:
    """The callbacks of a run by name, and all that `fit` is given, in order.

    Args:
        progress: ProgressBar.
        logger: LearningRateLogger.
        guard: PlanGuard.
        evaluation: EpochEvaluation or None. None without a set to evaluate on.
        checkpoint: RunCheckpoint.
        in_order: list of callbacks.
        is_new: bool. Whether the run is new, not resumed.
    """

    progress: "ProgressBar"
    logger: "LearningRateLogger"
    guard: "PlanGuard"
    evaluation: "EpochEvaluation | None"
    checkpoint: "RunCheckpoint"
    in_order: list[Any]
    is_new: bool

    @classmethod
    def create(
        cls,
        prepared: PreparedRun,
        model: Any,
        run: RunDirectory,
        resumption: Resumption | None,
        begin: Callable[[], object] | None,
        trackers: RunTrackers,
        given: list[Any],
    ) -> "RunCallbacks":
        """Return the callbacks of a new or resumed run; see `fit_run`."""
        from keras.callbacks import LambdaCallback

        from kbert.callbacks.learning_rate_logger import LearningRateLogger
        from kbert.callbacks.plan_guard import PlanGuard
        from kbert.callbacks.progress_bar import ProgressBar
        from kbert.callbacks.run_checkpoint import RunCheckpoint

        config, plan = prepared.config, prepared.plan
        done = 0 if resumption is None else resumption.change.new_batches
        progress = ProgressBar(plan.batches, done)
        logger = LearningRateLogger(run.path / "learning_rate.csv")
        guard = PlanGuard(plan, allow=config.allow)
        guard.set_shown(prepared.findings)
        # The user's callbacks may look for scores under the names that Keras gives them.
        evaluation = _evaluation(prepared, model, run, val_names=bool(given))
        check_can_average(config.average_best, evaluation)
        checkpoint = RunCheckpoint(
            run.checkpoints,
            plan,
            evaluation=evaluation,
            every_steps=config.checkpoint_steps,
            every_minutes=config.checkpoint_minutes,
            keep=config.keep_checkpoints,
            keep_best=max(1, config.average_best),
            resume=resumption is not None,
            allow=config.allow,
        )
        if processes.is_joined():
            checkpoint.agreed = AgreedStop(
                processes, processes.process_index(), processes.process_count()
            )
            checkpoint.stops = {kind.__name__: kind for kind in STOP_SIGNALS.values()}
        checkpoint.identity = {"run": run.record.get("id"), "preset": config.preset}
        checkpoint.start = None if resumption is None else resumption.checkpoint
        checkpoint.hooks = CheckpointHooks(
            begin=partial(trackers.start_after, begin or (lambda: None)),
            all_restored=partial(processes.barrier, "restored"),
            flush=partial(flush_log, run.path),
            keep_best=partial(_keep_best, run, model.get_config(), evaluation),
            findings=partial(_found, resumption, guard),
        )
        # A step that ran while a checkpoint was being written counts once the checkpoint is on the
        # disk, so a kill costs no more steps than lie between two checkpoints.
        saved = LambdaCallback(on_train_batch_end=lambda batch, logs: checkpoint.finish_saving())
        saved.takes_tensors = True  # it reads none, so `fit` need not convert them
        in_order = [saved, progress, logger, *([evaluation] if evaluation else []), *given]
        if resumption is None or not resumption.is_trained:
            in_order.insert(0, guard)
        # The checkpoint comes last: it saves what the others have seen and accepted.
        in_order.append(checkpoint)
        return cls(progress, logger, guard, evaluation, checkpoint, in_order, begin is None)


def _keep_best(
    run: RunDirectory,
    settings: Mapping[str, Any],
    evaluation: "EpochEvaluation | None",
    weights: Arrays,
) -> None:
    """Write the model of the checkpoint that has just been committed, which is the best."""
    history = None if evaluation is None else evaluation.history
    keep_best(run, with_choices(settings, history), weights)


def _found(resumption: Resumption | None, guard: "PlanGuard") -> list[dict[str, Any]]:
    """Return what has been found during training, including before an interruption."""
    earlier = () if resumption is None else resumption.checkpoint.findings
    by_code = {finding["code"]: finding for finding in earlier}
    by_code |= {finding.code: finding.to_record() for finding in guard.findings}
    return list(by_code.values())


def _evaluation(
    prepared: PreparedRun, model: Any, run: RunDirectory, *, val_names: bool
) -> "EpochEvaluation | None":
    """Return the callback that evaluates the run, or None without a set to evaluate on."""
    from kbert.backend.few_shapes import few_shapes
    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.data.batches import Batches

    config, size, pad_id = prepared.config, prepared.plan.batch_size, prepared.tokenizer.pad_id
    stores = {name: store for name, store in prepared.stores.items() if name != "train"}
    if not stores:
        return None
    few = few_shapes(model)
    return EpochEvaluation(
        monitor=config.monitor,
        patience=config.patience,
        folder=run.path,
        restore_best=False,  # the run itself writes the best model, after its checkpoint
        every_steps=config.evaluate_every,
        val_names=val_names,
        **{
            name: Batches(store, size, pad_id=pad_id, few_shapes=few)
            for name, store in stores.items()
        },
    )
