"""The average of the weights of a run's best evaluations, which it may keep as its model."""

from typing import TYPE_CHECKING, Any

from kbert.backend import processes
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.runs.best_model import file_checksum, with_choices
from kbert.runs.run_directory import RunDirectory
from kbert.runs.shared_run import FollowedRun
from kbert.utils.mean_arrays import mean_arrays

if TYPE_CHECKING:
    from kbert.callbacks.epoch_evaluation import EpochEvaluation
    from kbert.callbacks.run_checkpoint import RunCheckpoint


def check_can_average(count: int, evaluation: "EpochEvaluation | None") -> None:
    """Raise InputError where a run without an evaluation is to average its best evaluations."""
    if count and evaluation is None:
        raise InputError(
            "{option} needs a set to evaluate on.",
            option=Option("average_best"),
            cure=Cure(note="name one", otherwise=(Cure(note="leave the option out"),)),
        )


def average_of_best(
    run: RunDirectory,
    model: Any,
    evaluation: "EpochEvaluation",
    checkpoint: "RunCheckpoint",
    count: int,
) -> None:
    """Evaluate the average of the best evaluations' weights, and keep it if it is better.

    The run gets one more evaluation, which no checkpoint contains: a resumed run averages again at
    its end. With several processes, all evaluate and the first writes.

    Args:
        run: RunDirectory, with its best model.
        model: BertClassifier, trained. It is given the averaged weights.
        evaluation: EpochEvaluation, after `fit` has ended.
        checkpoint: RunCheckpoint.
        count: int. How many evaluations to average.
    """
    from kbert.interop.write_kbert_model import write_kbert_model
    from kbert.models.lora_arrays import assign_plain, plain_arrays

    processes.barrier("saved")  # the last checkpoint is written
    store, history = checkpoint.store, evaluation.history
    last, best = store.last(), history.best_of(count)
    if last is None or len(best) < 2:
        return
    found = [(record, store.at_position(record.position, until=last)) for record in best]
    averaged = [(record, path) for record, path in found if path is not None]
    if len(averaged) < 2:
        return
    weights = (read_checkpoint(path, only="model").arrays["model"] for _, path in averaged)
    assign_plain(model, mean_arrays(weights), run)
    is_best = evaluation.evaluate_average([record for record, _ in averaged])
    if isinstance(run, FollowedRun):
        return
    if is_best:
        sums: dict[str, Any] = {"trained_sha256": file_checksum(run)}
        settings = with_choices(model.get_config(), history)
        write_kbert_model(run.model_folder, settings, plain_arrays(model))
        run.update(average={**sums, "sha256": file_checksum(run)})
    history.write(run.path)
