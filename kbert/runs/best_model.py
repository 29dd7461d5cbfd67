"""The model that a run keeps: that of its best evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kbert.checkpoints.checkpoint import Arrays, Checkpoint
from kbert.checkpoints.checkpoint_files import read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.checkpoints.manifest import WEIGHTS_FILE, checksum_of, weights_checksum
from kbert.errors import KbertError, MachineError
from kbert.findings import Cure, Finding, Text, worded
from kbert.interop.sources import find_source
from kbert.results.evaluation_history import EvaluationHistory
from kbert.runs.run_directory import RunDirectory
from kbert.targets.known_targets import target_of
from kbert.utils.file_errors import once_mended
from kbert.utils.say import say
from kbert.utils.untrusted_weights import safetensors_size


@dataclass(frozen=True)
class BestModel:
    """The best model as of the checkpoint that a run resumes from.

    Args:
        history: EvaluationHistory or None. The evaluations up to there; None without a set to
            evaluate on.
        checkpoint: Path or None. The verified checkpoint that holds the best model. Defaults to
            None: there is none.
        is_kept: bool. Whether the run's model is the best one, to be left as it is. Defaults to
            False.
        findings: tuple of Finding. What was found while looking for it. Defaults to ().
    """

    history: EvaluationHistory | None
    checkpoint: Path | None = None
    is_kept: bool = False
    findings: tuple[Finding, ...] = ()

    @classmethod
    def find(cls, run: RunDirectory, store: CheckpointStore, start: Checkpoint) -> "BestModel":
        """Return the best model as of a checkpoint, after comparing it with its checksums.

        If its checkpoint is missing or damaged, the run's own model is kept where it is the same.
        Otherwise the findings contain an error, and the best of the evaluations whose checkpoints
        are left takes its place.
        """
        if start.evaluations is None:
            return cls(None)
        history = EvaluationHistory.from_dict(start.evaluations)
        findings: list[Finding] = []
        while (best := history.best) is not None:
            path = store.best_of(start, best.position)
            try:
                read_checkpoint(path, with_arrays=False)
                return cls(history, path, findings=tuple(findings))
            except KbertError as error:
                noted = start.best if path.name == (start.best or {}).get("checkpoint") else None
                if noted and noted.get("sha256") == _model_checksum(run):
                    say(
                        worded(
                            "{error} The run's model has the same weights, and is kept.",
                            error=error,
                        )
                    )
                    return cls(history, None, is_kept=True, findings=tuple(findings))
                findings.append(_lost(best.when, error))
                history = history.without(best)
        return cls(history, findings=tuple(findings))

    def is_in(self, run: RunDirectory) -> bool:
        """Whether this is the model that the run contains, and it can be loaded."""
        if self.checkpoint is None:
            return has_model(run)
        return has_model(run) and _model_checksum(run) == weights_checksum(self.checkpoint)

    def write(self, run: RunDirectory, settings: Mapping[str, Any]) -> None:
        """Give the run this model in one step, or none where there is no best model."""
        if self.checkpoint is not None:
            if not self.is_in(run):
                write_best(run, with_choices(settings, self.history), self.checkpoint)
        elif self.history is not None and not self.is_kept:
            run.remove_model()


def with_choices(settings: Mapping[str, Any], history: EvaluationHistory | None) -> dict[str, Any]:
    """Return a classifier's settings with what its target takes from the best evaluation.

    Args:
        settings: dict. The `get_config` of a classifier.
        history: EvaluationHistory or None. Its evaluations, where it has some.
    """
    best = None if history is None else history.best
    target = target_of(settings.get("target"))
    chosen = target.chosen_by(None if best is None else best.first)
    return {**settings, **({} if chosen == target else {"target": chosen.to_dict()})}


def write_best(run: RunDirectory, settings: Mapping[str, Any], checkpoint: Path) -> None:
    """Write the model of a checkpoint in place of the run's, after comparing it with its checksums.

    Args:
        run: RunDirectory.
        settings: dict. The classifier's `get_config`.
        checkpoint: Path.
    """
    from kbert.interop.write_kbert_model import write_kbert_model

    weights = read_checkpoint(checkpoint, only="model").arrays["model"]
    write_kbert_model(run.model_folder, settings, weights)


def keep_best(run: RunDirectory, settings: Mapping[str, Any], weights: Arrays) -> None:
    """Write the weights of the best checkpoint, which has just been committed, as the run's model.

    Raises:
        MachineError: the model cannot be written. Its checkpoint exists, and a resumed run writes
            the model.
    """
    from kbert.interop.write_kbert_model import write_kbert_model

    try:
        write_kbert_model(run.model_folder, settings, weights)
    except OSError as error:
        raise MachineError(
            "The best model cannot be written to {folder}: {reason}. Its checkpoint is intact; "
            "{when}, resume from the last checkpoint.",
            folder=run.model_folder,
            reason=error.strerror or error,
            when=once_mended(error),
        ) from error


def has_model(run: RunDirectory) -> bool:
    """Whether a run has a model that can be loaded, as far as can be told without its weights."""
    try:
        source = find_source(str(run.model_folder))
        source.sizes(), source.tokenizer(), source.labels()
        safetensors_size(run.model_folder / WEIGHTS_FILE)
    except (KbertError, OSError):
        return False
    return True


def has_best_model(run: RunDirectory) -> bool:
    """Whether a run has a model that can be loaded, with the weights of its best checkpoint."""
    if not has_model(run):
        return False
    try:
        best = CheckpointStore(run.checkpoints).best()
    except KbertError:
        return False
    return best is not None and weights_checksum(best) == _model_checksum(run)


def calibration_of(run: RunDirectory) -> dict[str, Any] | None:
    """Return the calibration of the run's model from run.json; None where it has none."""
    recorded = run.readable_record.get("calibration", {})
    own = recorded.get("sha256")
    return recorded if own is not None and own == file_checksum(run) else None


def _model_checksum(run: RunDirectory) -> str | None:
    """Return the checksum of the trained weights of the run's model, not averaged or calibrated."""
    calibration = calibration_of(run)
    own = file_checksum(run) if calibration is None else calibration.get("trained_sha256")
    average = run.readable_record.get("average", {})
    return average.get("trained_sha256") if own and own == average.get("sha256") else own


def file_checksum(run: RunDirectory) -> str | None:
    """Return the checksum of the weights of the run's model; None where it has none."""
    try:
        return checksum_of(run.model_folder / WEIGHTS_FILE)
    except OSError:
        return None


def _lost(when: Text, error: KbertError) -> Finding:
    return Finding(
        "best-lost",
        "error",
        "The weights of the best evaluation ({when}) are lost: {reason}",
        Cure(
            note="restore the checkpoint from a copy; if this is allowed, the best of the "
            "evaluations whose weights are left takes its place"
        ),
        {"when": when, "reason": str(error).rstrip(".") + "."},
    )
