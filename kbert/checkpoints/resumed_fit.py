"""A `fit` that begins where a checkpoint was saved."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kbert.backend.fit_internals import set_first_epoch
from kbert.backend.optimizer_internals import set_batches_seen
from kbert.checkpoints.checkpoint import Checkpoint
from kbert.checkpoints.training_identity import identity_findings
from kbert.checkpoints.training_state import restore_epoch_state, restore_state
from kbert.data.batches import Batches
from kbert.errors import InputError, raise_on_errors
from kbert.findings import downgrade
from kbert.plans.changed_plan import ChangedPlan
from kbert.plans.training_plan import TrainingPlan


class ResumedFit:
    """A `fit` that begins where a checkpoint was saved.

    Args:
        model: keras.Model, compiled.
        checkpoint: Checkpoint.
        data: Batches that `fit` is given, or None for other data.
    """

    def __init__(self, model: keras.Model, checkpoint: Checkpoint, data: Batches | None) -> None:
        self.model = model
        self.checkpoint = checkpoint
        self.data = data

    def restore(
        self, plan: TrainingPlan | None, identity: Mapping[str, Any], allow: Sequence[str] = ()
    ) -> None:
        """Restore model, optimizer and data; call it in `on_train_begin`.

        With another plan the optimizer continues at the point with the same examples seen.

        Args:
            plan: TrainingPlan of this `fit`, or None.
            identity: dict, what `training_identity` returns for this `fit`.
            allow: sequence of str. Codes of differences to tolerate. Defaults to ().

        Raises:
            FindingsError: the checkpoint is of another run, or its plan cannot change to this one.
            InputError: the checkpoint does not fit the model or the data.
        """
        model, checkpoint, position = self.model, self.checkpoint, self.checkpoint.position
        findings = identity_findings(checkpoint.identity, identity)
        change = self._change(plan)
        if change is not None:
            findings += change.findings()
        raise_on_errors(downgrade(findings, allow), can_allow=True)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        new_batches = change is not None and change.batches_differ
        restore_state(model, checkpoint, fresh_accumulators=new_batches)
        if change is not None:
            # Keras counts batches, and divides by the accumulation itself.
            k = change.new.gradient_accumulation_steps if new_batches else 1
            set_batches_seen(model.optimizer, change.new_batches // k * k)
        set_first_epoch(model, position.epoch)
        if position.segments:
            if self.data is None:
                raise InputError(
                    "{path} was saved inside an epoch of Batches. Pass the same Batches to fit "
                    "and to RunCheckpoint.set_data.",
                    path=checkpoint.path,
                )
            self.data.resume_at(position.epoch, position.segments)

    def begin(self, epoch: int) -> None:
        """Restore the metrics of the epoch; call it in the first `on_epoch_begin`.

        Raises:
            InputError: `fit` begins with another epoch than the checkpoint's.
        """
        position = self.checkpoint.position
        if epoch != position.epoch:
            raise InputError(
                "fit begins with epoch {epoch}, but the checkpoint continues with {position}, "
                "counted from 0. Leave out `initial_epoch`: the checkpoint sets it.",
                epoch=epoch,
                position=position.epoch,
            )
        if position.segments:
            assert self.data is not None
            restore_epoch_state(self.model, self.checkpoint, self.data[0])

    def _change(self, plan: TrainingPlan | None) -> ChangedPlan | None:
        """Return the change of the plan, if it has changed."""
        checkpoint = self.checkpoint
        if plan is None or "plan" not in checkpoint.identity:
            return None
        old = TrainingPlan.from_dict(checkpoint.identity["plan"])
        return None if old == plan else ChangedPlan(old, plan, checkpoint.position.examples_seen)
