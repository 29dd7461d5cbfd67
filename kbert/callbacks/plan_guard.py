"""Refuse a `fit` that would be wasted; watch the one that runs."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kbert.backend.fit_internals import callbacks_of_fit
from kbert.backend.lora_internals import lora_parts
from kbert.backend.optimizer_internals import (
    batches_seen,
    inner_optimizer,
    learning_rates,
    updates_done,
)
from kbert.callbacks.held_steps import check_read_every, read_held, steps_between_reads
from kbert.callbacks.watches.label_watch import LabelWatch
from kbert.callbacks.watches.last_good_weights import LastGoodWeights
from kbert.callbacks.watches.loss_watch import LossWatch, StepLoss
from kbert.callbacks.watches.update_watch import UpdateWatch
from kbert.errors import FindingsError, allowed_in, check_codes, raise_on_errors
from kbert.findings import Cure, Finding, by_severity, downgrade
from kbert.models.check_trained import check_trained
from kbert.models.examples_findings import examples_findings, sets_of
from kbert.models.fit_callbacks import FitCallbacks
from kbert.models.raw_texts import is_set_of_texts, labelled_batches
from kbert.models.state_of_fit import state_of_fit
from kbert.models.text_model import TextModel
from kbert.plans.fit_findings import fit_findings
from kbert.plans.rate_findings import lora_rate_finding, lower_rate
from kbert.plans.training_plan import TrainingPlan, check_plan
from kbert.utils.say import say
from kbert.utils.wording import count_noun

CHECK_INTERVAL = 50  # updates between two checks of rate and weights


class PlanGuard(keras.callbacks.Callback):
    """Compares what `fit` is about to do with the plan, refuses waste, and watches the training.

    Before the first step it raises an error if the plan itself has one, such as too few updates, if
    labels lie outside the model's classes, or if any update would accidentally have learning rate
    0. That happens when the optimizer is at the end of its plan, when `fit` runs more epochs or
    batches than the plan, or when the schedule counts batches where the optimizer counts updates.
    If `model.batches` made the data, its examples are checked as `kbert train` checks them, for
    example for labels that differ only in case. Everything else that the guard finds is printed
    once, with its cure.

    During training it checks every loss. In the first updates, in every 50th and at the end of the
    warmup it also checks the rate and the weights: for a rate of 0, for weights that do not change,
    and for updates too large or too small for the weights. A loss that is NaN or infinite ends
    `fit` with an exception and restores the last good weights; see `read_every` for when. With data
    it also reports batches that hold a single class and, at the end of an epoch, a model that
    predicts the same class for every row.

    Args:
        plan: TrainingPlan.
        data: the data that `fit` is given: `Batches`, another `PyDataset`, a `tf.data.Dataset`, or
            `(x, label_ids)`. Defaults to None; `BertClassifier.fit` passes its own.
        allow: sequence of str. Codes of findings that do not stop `fit`. Defaults to ().
        verbose: 0 silent, 1 print each finding once. Defaults to 1.
        read_every: int or None. How many steps' losses may stay on the device before they are
            checked. They are also checked before the weights are, before an evaluation or a
            checkpoint, and at the end of an epoch. Defaults to None: 1 on a processor, and 50 on an
            accelerator, which would wait for the host at every loss that is read.

    Attributes:
        findings: list of Finding. The findings of this `fit`.
        update_ratios: dict of float by update, counted from 0. The change of the weights, as a
            share of their norm, by the first updates of the optimizer, by every 50th and by the one
            that ends the warmup, where this `fit` has performed the whole update.

    Raises:
        FindingsError: at the beginning of `fit`, or when the loss is not finite.
        InputError: at the beginning of `fit`, if the optimizer was built for other variables than
            the model trains.

    Example:

    ```python
    model.fit(batches, epochs=plan.epochs, callbacks=[PlanGuard(plan)])
    ```
    """

    takes_tensors = True

    def __init__(
        self,
        plan: TrainingPlan,
        *,
        data: Any = None,
        allow: Sequence[str] = (),
        verbose: int = 1,
        read_every: int | None = None,
    ) -> None:
        super().__init__()
        check_codes(allow)
        check_plan(plan)
        check_read_every(read_every)
        self.plan = plan
        self.allow = tuple(allow)
        self.verbose = verbose
        self.read_every = read_every
        self._losses = LossWatch()
        self._given = data
        self._next_data: Any = None
        self._next_findings: Sequence[Finding] | None = None
        self._shown: tuple[str, ...] = ()
        self.findings: list[Finding] = []
        self.update_ratios: dict[int, float] = {}

    def set_data(self, data: Any) -> None:
        """Take the data of the next `fit`; `BertClassifier.fit` passes its own."""
        self._next_data = data

    def set_findings(self, findings: Sequence[Finding]) -> None:
        """Take the findings about the next `fit`'s examples; `BertClassifier.fit` passes them."""
        self._next_findings = findings

    def set_shown(self, findings: Sequence[Finding]) -> None:
        """Take the findings about the plan that have been shown already."""
        self._shown = tuple(finding.message for finding in findings)

    def _unshown(self, findings: Sequence[Finding]) -> list[Finding]:
        return [finding for finding in findings if finding.message not in self._shown]

    def on_train_begin(self, logs: Any = None) -> None:
        self.findings = []
        self.update_ratios = {}
        self._started = False
        self._batches = 0
        self._labels: LabelWatch | None = None
        self._judged = 0  # updates when the predictions were last checked
        self._losses = LossWatch()  # without what a failed fit has left
        self._read_every = steps_between_reads(self.model, self.read_every)
        FitCallbacks(self.model, callbacks_of_fit()).check()
        check_trained(self.model)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        # Here, not in `on_train_begin`: only here does Keras say with which epoch `fit` begins.
        self._epoch, self._epoch_start = epoch, self._batches
        if self._started:
            return
        self._started = True
        model = self.model
        optimizer = inner_optimizer(model.optimizer)
        self._accumulation = optimizer.gradient_accumulation_steps or 1
        self._first = updates_done(optimizer)
        # A resumed fit may begin inside an update.
        self._batches = self._epoch_start = batches_seen(optimizer) % self._accumulation
        data = self._next_data if self._given is None else self._given
        if isinstance(model, TextModel) and is_set_of_texts(data):
            data = labelled_batches(model, data, self.plan.batch_size)
        found = self._next_findings
        if found is None:
            found = examples_findings(model, data, sets_of(callbacks_of_fit()))
        self._next_data = self._next_findings = None  # the next fit may be another model's
        self._weights = LastGoodWeights(model, self._first)
        self._updates = UpdateWatch(model, self.plan)
        if self._batches:  # the weights are still those from before the update
            self._updates.before(model)
        state = state_of_fit(optimizer, self.params, epoch, data)
        # `print(plan)` already shows the warnings of the plan itself.
        unsound = [finding for finding in self.plan.findings() if finding.severity == "error"]
        if next(lora_parts(model), None) is not None:  # which no plan knows of
            of_lora = lora_rate_finding(self.plan)
            unsound += [] if of_lora is None else [of_lora]
        self._report([*self._unshown(unsound), *fit_findings(self.plan, state), *found])
        if data is not None:
            self._labels = LabelWatch(data, self.plan.batch_size)
            self._report([*self._labels.outside(model), *self._labels.findings()])

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        if self._batches % self._accumulation == 0 and self._is_checked():
            self._updates.before(self.model)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        loss = (logs or {}).get("loss", 0.0)
        is_checked = self._is_checked()
        self._losses.hold(loss, batch, self._batches)
        # With steps_per_execution Keras may report only every 10th batch, and count past the epoch.
        steps = self.params["steps"]
        self._batches = self._epoch_start + min(batch + 1, int(steps or batch + 1))
        is_checked = is_checked and self._batches % self._accumulation == 0
        is_due = self._losses.steps(self._batches) >= self._read_every
        # If the loss is a number, Keras has already waited for it.
        if is_checked or is_due or not keras.ops.is_tensor(loss):
            self.read_held()
        if is_checked:
            updates = self._first + self._batches // self._accumulation
            model = self.model  # on JAX this brings the state of the running epoch into the model
            unhealthy = self._updates.after(updates - 1)
            if self._updates.ratio is not None and self._is_told(updates - 1):
                self.update_ratios[updates - 1] = self._updates.ratio
            self._report(unhealthy)
            if not unhealthy:
                self._weights.keep(model, updates)

    def read_held(self) -> None:
        """Check the losses since the last check; also called before something is saved."""
        bad = self._losses.first_not_finite()
        if bad is not None:
            self._stop(bad)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.read_held()
        updates = self._batches // self._accumulation
        is_last = epoch + 1 >= self.params["epochs"]
        if self._labels is not None and (is_last or updates - self._judged >= CHECK_INTERVAL):
            self._judged = updates
            self._report(self._labels.judge(self.model))

    def on_train_end(self, logs: Any = None) -> None:
        if not self._started and not self.model.stop_training:
            self._report([_no_step(self.params["epochs"])])

    def _is_checked(self) -> bool:
        """Whether the update of the current batch is checked."""
        update = self._batches // self._accumulation
        return update < 3 or self._is_told(self._first + update)

    def _is_told(self, update: int) -> bool:
        """Whether the ratio of an update is recorded; a resumed run records the same updates."""
        return update < 3 or update % CHECK_INTERVAL == 0 or update == self.plan.warmup_updates

    def _stop(self, bad: StepLoss) -> None:
        # What the other callbacks hold shows what led to this loss.
        read_held([callback for callback in callbacks_of_fit() if callback is not self])
        model = self.model
        self._weights.restore(model)
        update = self._first + bad.batches // self._accumulation
        step = self._first * self._accumulation + bad.batches
        rate = float(learning_rates(model.optimizer, np.array([step]))[0])
        finding = Finding(
            "loss-not-finite",
            "error",
            "The loss is {loss} in epoch {epoch}, batch {batch:,}, update {update:,}, at learning "
            "rate {rate:.3g}. The model has been reset to the weights after {kept}.",
            Cure(
                {"learning_rate": lower_rate(self.plan.learning_rate)},
                otherwise=(Cure({"precision": "float32"}, note="if the precision is lower now"),),
            ),
            {
                "loss": bad.loss,
                "epoch": self._epoch + 1,
                "batch": bad.batch + 1,
                "update": update,
                "rate": rate,
                "kept": count_noun(self._weights.updates, "update"),
            },
        )
        self.findings.append(finding)
        raise FindingsError([finding])

    def _report(self, findings: Sequence[Finding]) -> None:
        """Print what is new, and raise for errors."""
        known = {finding.code for finding in self.findings}
        new = downgrade(findings, self.allow)
        new = [f for f in new if f.severity == "error" or f.code not in known]
        self.findings += new
        for finding in by_severity(new):
            if self.verbose and finding.severity != "error":
                say(str(finding))
        with allowed_in("kbert.PlanGuard(plan, {})"):
            raise_on_errors(new, can_allow=True)


def _no_step(epochs: int) -> Finding:
    """Return the finding that `fit` ran no step; Keras does not report it."""
    return Finding(
        "epochs-skipped",
        "error",
        "fit ran no step: it starts after epoch {epochs}.",
        Cure(
            code="fit(..., initial_epoch=0)",
            note="and after BackupAndRestore also model._initial_epoch = 0",
        ),
        {"epochs": epochs},
    )
