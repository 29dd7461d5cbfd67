"""What a run resumes from, and with which plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kbert.backend.choose_backend import choose_backend
from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.config import TrainConfig
from kbert.data.reading.tasks import TASKS
from kbert.errors import InputError, raise_on_errors
from kbert.findings import Call, Cure, Finding, Joined, worded
from kbert.plans.changed_plan import ChangedPlan
from kbert.plans.training_plan import TrainingPlan
from kbert.runs.allowed_findings import allowed_findings
from kbert.runs.best_model import BestModel
from kbert.runs.changed_settings import PLAN_FIELDS, changed_settings
from kbert.runs.fitting_batch import with_fitting_batch
from kbert.runs.on_devices import on_devices
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.runs.task_predictions import TEST_RESULTS
from kbert.utils.say import say
from kbert.utils.wording import count_noun

# Other ways to write settings of a plan, and settings that affect no weight.
_NOT_TRAINED = ("update_size", "batch_size_per_device", "devices")


@dataclass(frozen=True)
class Resumption:
    """A run, the checkpoint that it resumes from, and the plan that it resumes with.

    Args:
        run: RunDirectory.
        store: CheckpointStore. The run's checkpoints.
        checkpoint: Checkpoint. Read without its arrays.
        config: TrainConfig. The run's settings with the changes, and with all that is allowed.
        change: ChangedPlan. The checkpoint's plan, the new one, and the point between them.
        best: BestModel. The best model as of the checkpoint.
        is_rewound: bool. Whether the checkpoint was named, so that later ones may be abandoned.
            Defaults to False.
    """

    run: RunDirectory
    store: CheckpointStore
    checkpoint: Checkpoint
    config: TrainConfig
    change: ChangedPlan
    best: BestModel
    is_rewound: bool = False

    @classmethod
    def from_checkpoint(
        cls,
        run: RunDirectory,
        store: CheckpointStore,
        checkpoint: Checkpoint,
        changes: Mapping[str, Any],
        allow: Sequence[str] = (),
        *,
        scale_epochs: bool = False,
    ) -> "Resumption":
        """Return the resumption of a run from a checkpoint, with some settings changed."""
        old = plan_of(checkpoint)
        # The plan of the checkpoint, not of a later attempt that left no checkpoint.
        trained_by = {name: getattr(old, name) for name in PLAN_FIELDS if name not in _NOT_TRAINED}
        config = replace(run_config(run), **changed_settings(trained_by, changes))
        config = on_devices(config, choose_backend(config.backend))
        config = replace(config, allow=tuple(dict.fromkeys((*config.allow, *allow))))
        config = with_fitting_batch(config, len(run.record.get("labels", ("", ""))))
        change = ChangedPlan(old, config.plan(old.examples), checkpoint.position.examples_seen)
        if scale_epochs and not change.trains_alike:
            change = change.in_proportion()
            config = replace(config, epochs=change.new.epochs)
        best = BestModel.find(run, store, checkpoint)
        if best.findings and best.history is not None:
            checkpoint = replace(checkpoint, evaluations=best.history.to_dict())
        return cls(run, store, checkpoint, config, change, best)

    @property
    def is_trained(self) -> bool:
        """Whether all updates of an unchanged plan are done, and only the end is left to write."""
        return self.change.remaining == 0 and self.change.trains_alike

    def check_unfinished(self) -> None:
        """Raise InputError when the run has finished, is complete, and its plan is the same."""
        if self.is_trained and self.run.record.get("status") == "finished":
            if missing := self._missing():
                say(
                    worded(
                        "{run} has finished. Missing or damaged, and written again: {missing}",
                        run=self.run,
                        missing=missing,
                    )
                )
                return
            further = Cure(
                call=Call("continue", self.run.path),
                note="to train its best model further with a new plan",
            )
            raise InputError(
                "{run} has completed its {epochs}.",
                run=self.run,
                epochs=count_noun(self.change.old.epochs, "epoch"),
                cure=Cure(
                    {"epochs": self.change.old.epochs + 1},
                    note="to train longer, by a longer plan whose rates go on from where it ended",
                    otherwise=(further,),
                ),
            )

    def _missing(self) -> str:
        """Return which results of a finished run are missing, or no longer as they were written."""
        names = []
        if not self.best.is_in(self.run):
            names.append("model")
        if self.best.history is not None and self.run.best_scores() is None:
            names.append("evaluations.json")
        if self.config.task is not None:
            test = Path(self.config.data) / TASKS[self.config.task].splits["test"].file
            if test.is_file() and not (self.run.path / TEST_RESULTS).exists():
                names.append(TEST_RESULTS)
        return Joined(names)

    def check_best(self) -> list[Finding]:
        """Raise FindingsError when the best model as of the checkpoint is lost, unless allowed."""
        return allowed_findings(self.best.findings, self.config.allow)

    def check_plan(self) -> list[Finding]:
        """Raise FindingsError when the changed plan trains nothing, or less than it seems.

        The findings that are allowed are returned.
        """
        if self.is_trained:
            return []
        findings = self.change.findings()
        if self.change.remaining == 0:
            raise_on_errors(findings)  # allowing a code gives it no further update
        return allowed_findings(findings, self.config.allow)


def plan_of(checkpoint: Checkpoint) -> TrainingPlan:
    """Return the plan with which a checkpoint was trained."""
    file = checkpoint.path / "state.json"
    plan = checkpoint.identity.get("plan")
    if not isinstance(plan, dict):
        raise InputError("{file} does not describe the checkpoint of a run: no plan.", file=file)
    try:
        return TrainingPlan.from_dict(plan)
    except (TypeError, ValueError, ArithmeticError) as error:  # InputError is a ValueError
        raise InputError(
            "{file} does not describe a plan: {error}", file=file, error=error
        ) from None
