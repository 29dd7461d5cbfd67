"""The callbacks of a pretraining run."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.checkpoint_hooks import CheckpointHooks
from kbert.errors import MachineError
from kbert.interop.write_masked_model import write_masked_model
from kbert.runs.learning_rate_log import flush_log
from kbert.runs.prepare_pretraining import PreparedPretraining
from kbert.runs.run_directory import RunDirectory
from kbert.runs.run_trackers import RunTrackers
from kbert.utils.file_errors import once_mended

if TYPE_CHECKING:
    from kbert.callbacks.learning_rate_logger import LearningRateLogger
    from kbert.callbacks.masked_epoch_evaluation import MaskedEpochEvaluation
    from kbert.callbacks.plan_guard import PlanGuard
    from kbert.callbacks.progress_bar import ProgressBar
    from kbert.callbacks.run_checkpoint import RunCheckpoint


@dataclass(frozen=True)
class PretrainingCallbacks:
    """The callbacks of a pretraining run by name, and all that `fit` is given, in order.

    Args:
        progress: ProgressBar.
        logger: LearningRateLogger.
        guard: PlanGuard.
        evaluation: MaskedEpochEvaluation or None. None without texts to evaluate on.
        checkpoint: RunCheckpoint.
        in_order: list of callbacks.
        write: function that takes the weights of a checkpoint and writes them as the run's model.
    """

    progress: "ProgressBar"
    logger: "LearningRateLogger"
    guard: "PlanGuard"
    evaluation: "MaskedEpochEvaluation | None"
    checkpoint: "RunCheckpoint"
    in_order: list[Any]
    write: Callable[[Arrays], object]

    @classmethod
    def create(
        cls,
        prepared: PreparedPretraining,
        model: Any,
        run: RunDirectory,
        start: Checkpoint | None,
        begin: Callable[[], object],
        trackers: RunTrackers,
    ) -> "PretrainingCallbacks":
        """Return the callbacks of a new or resumed run; see `fit_pretraining`."""
        from kbert.callbacks.learning_rate_logger import LearningRateLogger
        from kbert.callbacks.plan_guard import PlanGuard
        from kbert.callbacks.progress_bar import ProgressBar
        from kbert.callbacks.run_checkpoint import RunCheckpoint

        config, plan = prepared.config, prepared.plan
        done = 0 if start is None else start.position.batches_done
        progress = ProgressBar(plan.batches, done)
        logger = LearningRateLogger(run.path / "learning_rate.csv")
        guard = PlanGuard(plan, allow=config.allow)
        guard.set_shown(prepared.findings)
        evaluation = _evaluation(prepared, model, run)
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
        write = partial(_write_model, run, model.get_config(), prepared)
        checkpoint.identity = {"run": run.record.get("id"), "preset": config.preset}
        checkpoint.start = start
        checkpoint.hooks = CheckpointHooks(
            begin=partial(trackers.start_after, begin),
            flush=partial(flush_log, run.path),
            keep_best=write,
            findings=lambda: [finding.to_record() for finding in guard.findings],
        )
        # The checkpoint comes last: it saves what the others have seen and accepted.
        in_order = [progress, logger, *([evaluation] if evaluation else []), checkpoint]
        if done < plan.batches:
            in_order.insert(0, guard)
        return cls(progress, logger, guard, evaluation, checkpoint, in_order, write)


def _evaluation(
    prepared: PreparedPretraining, model: Any, run: RunDirectory
) -> "MaskedEpochEvaluation | None":
    """Return the callback that evaluates the run, or None without texts to evaluate on."""
    from kbert.backend.few_shapes import few_shapes
    from kbert.callbacks.masked_epoch_evaluation import MaskedEpochEvaluation
    from kbert.data.masked_batches import MaskedBatches

    if "dev" not in prepared.stores:
        return None
    dev = MaskedBatches(
        prepared.stores["dev"],
        prepared.masking,
        prepared.plan.batch_size,
        pad_id=prepared.masking.tokenizer.pad_id,
        few_shapes=few_shapes(model),
    )
    return MaskedEpochEvaluation(
        {"dev": dev},
        patience=prepared.config.patience,
        folder=run.path,
        restore_best=False,  # the run itself writes the best model, after its checkpoint
        every_steps=prepared.config.evaluate_every,
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
            "The model cannot be written to {folder}: {reason}. Its checkpoint is intact; "
            "{when}, resume from the last checkpoint.",
            folder=run.model_folder,
            reason=error.strerror or error,
            when=once_mended(error),
        ) from error
