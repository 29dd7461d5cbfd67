"""What a run resumes from, and with which plan."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from kbert.checkpoints.checkpoint_files import Checkpoint, read_checkpoint
from kbert.checkpoints.checkpoint_store import CheckpointStore
from kbert.config import CheckpointOptions, TrainConfig
from kbert.errors import InputError, KbertError, raise_on_errors
from kbert.findings import Call, Cure, Option, downgrade
from kbert.plans.changed_plan import ChangedPlan
from kbert.plans.plan_options import PlanOptions
from kbert.plans.training_plan import TrainingPlan
from kbert.results.evaluation_history import EvaluationHistory
from kbert.runs.run_config import run_config
from kbert.runs.run_directory import RunDirectory
from kbert.utils.wording import count_noun

# The settings of a plan that can change in the middle of a run; another recipe is another run.
PLAN_FIELDS = tuple(field.name for field in fields(PlanOptions) if field.name != "recipe")
CHANGEABLE = (*PLAN_FIELDS, *(field.name for field in fields(CheckpointOptions)), "backend")


@dataclass(frozen=True)
class Resumption:
    """A run, the checkpoint that it resumes from, and the plan that it resumes with.

    Args:
        run: RunDirectory.
        store: CheckpointStore. The run's checkpoints.
        checkpoint: Checkpoint. Read without its arrays.
        config: TrainConfig. The run's settings with the changes, and with all that is allowed.
        change: ChangedPlan. The checkpoint's plan, the new one, and the point between them.
    """

    run: RunDirectory
    store: CheckpointStore
    checkpoint: Checkpoint
    config: TrainConfig
    change: ChangedPlan

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
        old = TrainingPlan.from_dict(checkpoint.identity["plan"])
        # The plan of the checkpoint, not of a later attempt that left no checkpoint.
        trained_by = {name: getattr(old, name) for name in PLAN_FIELDS}
        config = replace(run_config(run), **{**trained_by, **changes})
        config = replace(config, allow=tuple(dict.fromkeys((*config.allow, *allow))))
        change = ChangedPlan(old, config.plan(old.examples), checkpoint.position.examples_seen)
        if scale_epochs and change.new != change.old:
            change = change.in_proportion()
            config = replace(config, epochs=change.new.epochs)
        return cls(run, store, checkpoint, config, change)

    @property
    def is_trained(self) -> bool:
        """Whether all updates of an unchanged plan are done, and only the end is left to write."""
        return self.change.remaining == 0 and self.change.new == self.change.old

    def check_unfinished(self) -> None:
        """Raise InputError when the run has finished and its plan is the same."""
        if self.is_trained and self.run.record.get("status") == "finished":
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
                    note="to train longer with the same plan",
                    otherwise=(further,),
                ),
            )

    def check_plan(self) -> None:
        """Raise FindingsError when the changed plan trains nothing, or less than it seems."""
        if self.is_trained:
            return
        findings = self.change.findings()
        if self.change.remaining == 0:
            raise_on_errors(findings)  # no allowed code gives it another update
        raise_on_errors(downgrade(findings, self.config.allow), can_allow=True)


def check_changes(run: RunDirectory, changes: Iterable[str]) -> None:
    """Raise InputError for a setting that a resumed run cannot change."""
    for name in changes:
        if name not in CHANGEABLE:
            raise InputError(
                "A resumed run cannot change {option}; it can change {changeable}.",
                option=Option(name),
                changeable=", ".join(CHANGEABLE),
                cure=Cure(
                    note="for other settings: {call}",
                    values={"call": Call("continue", run.path, output="NEW")},
                ),
            )


def check_scaled(changes: Mapping[str, Any]) -> None:
    """Raise InputError where there are no epochs to scale, or they are given."""
    if "epochs" in changes:
        raise InputError(
            "{scale} computes the epochs: leave out {epochs}.",
            scale=Option("scale_epochs"),
            epochs=Option("epochs"),
        )
    if not set(changes) & set(PLAN_FIELDS):
        raise InputError(
            "{scale} is used only with a changed plan, such as another {batch_size}.",
            scale=Option("scale_epochs"),
            batch_size=Option("batch_size"),
        )


def find_checkpoint(
    run: RunDirectory, store: CheckpointStore, name: str | None
) -> Checkpoint | None:
    """Return the checkpoint to resume from; offer an earlier one where it is damaged."""
    path = store.last() if name is None else store.folder / name
    if path is None:
        return None
    if name is not None and path not in store.committed():
        store.rewind_to(name)  # for its message
    try:
        # Without the arrays, which would stay in memory for as long as the run lasts.
        found = read_checkpoint(path, with_arrays=False)
        if name is not None:
            best = None
            if found.evaluations is not None:
                best = EvaluationHistory.from_dict(found.evaluations).best
            store.rewind_to(name, None if best is None else f"-{best.position}")
        return found
    except KbertError as error:
        others = [other.name for other in store.committed() if other != path]
        if not others:
            raise
        raise InputError(
            "{error}",
            error=error,
            cure=Cure(
                note="resume from the checkpoint before it: {call}",
                values={"call": Call("resume", run.path, checkpoint=others[-1])},
            ),
        ) from None
