"""What `BertClassifier.fit` refuses before its first step."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kbert.backend.device_values import computes_on_accelerator
from kbert.backend.fit_internals import callbacks_of_fit
from kbert.backend.optimizer_internals import follows_schedule
from kbert.backend.tensor_logs import hand_over_tensors
from kbert.data.batches import Batches
from kbert.errors import InputError, allowed_in, raise_on_errors
from kbert.findings import Cure, Finding, Option, downgrade
from kbert.models.check_trained import check_trained
from kbert.models.examples_findings import TakesFindings, examples_findings, sets_of
from kbert.models.fit_callbacks import FitCallbacks
from kbert.models.labels_outside import labels_outside
from kbert.models.state_of_fit import state_of_fit
from kbert.models.text_stream import TextStream
from kbert.plans.fit_findings import unguarded_finding
from kbert.utils.say import say


class FitChecks(keras.callbacks.Callback):
    """Checks a `fit` when all of its callbacks have been set up.

    Without a `PlanGuard`, which refuses them, updates with learning rate 0 are reported.
    """

    def __init__(self, model: keras.Model, data: Any, *, validates: bool) -> None:
        super().__init__()
        self._checked = model
        self._data = data
        self._validates = validates
        self._has_begun = False

    def on_train_begin(self, logs: Any = None) -> None:
        self._has_begun = False
        FitCallbacks(self._checked, callbacks_of_fit(), self._validates).check()
        check_trained(self._checked)  # here, as a callback may have replaced the optimizer
        if computes_on_accelerator(self._checked):
            hand_over_tensors()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self._has_begun or any(isinstance(one, TakesFindings) for one in callbacks_of_fit()):
            return
        self._has_begun = True
        optimizer = self._checked.optimizer
        if not follows_schedule(optimizer):
            return
        finding = unguarded_finding(state_of_fit(optimizer, self.params, epoch, self._data))
        if finding is not None:
            say(str(finding))


def fit_arguments(*args: Any, **kwargs: Any) -> dict[str, Any]:
    """Return the arguments of `keras.Model.fit` by name."""
    arguments = inspect.signature(keras.Model.fit).bind(None, *args, **kwargs).arguments
    return {name: value for name, value in arguments.items() if value is not None}


def check_fit(
    model: keras.Model, arguments: Mapping[str, Any], allow: Sequence[str] = ()
) -> FitChecks:
    """Refuse what `fit` would fail with, or train on in vain; return the check of its callbacks.

    Args:
        model: keras.Model.
        arguments: dict. The arguments of `fit` by name.
        allow: sequence of str. Codes of findings to tolerate. Defaults to ().

    Raises:
        InputError: the number of steps is not that of the Batches, or there are no labels.
        FindingsError: labels are outside the classes.
    """
    x, validation = arguments.get("x"), arguments.get("validation_data")
    _check_steps(x, "steps_per_epoch", arguments)
    _check_steps(validation, "validation_steps", arguments)
    for data in (x, validation):
        if isinstance(data, Batches) and data.store.labels is None:
            raise InputError(
                "The batches have no labels to train on.",
                cure=Cure(note="read the examples with their labels"),
            )
    sets = {"training": _labels(x, arguments.get("y"))}
    if isinstance(validation, tuple) and len(validation) > 1:
        sets["validation"] = _labels(validation[0], validation[1])
    else:
        sets["validation"] = _labels(validation, None)
    findings: list[Finding] = []
    for name, labels in sets.items():
        if labels is not None:
            findings += labels_outside(model, name, labels)
    raise_on_errors([f for f in findings if f.code not in allow], can_allow=False)
    validates = validation is not None or bool(arguments.get("validation_split"))
    return FitChecks(model, x, validates=validates)


def check_examples_of_fit(
    model: keras.Model, arguments: Mapping[str, Any], callbacks: Sequence[Any], allow: Sequence[str]
) -> None:
    """Pass what is wrong with the examples to the callbacks that report it, or refuse errors.

    Args:
        model: keras.Model.
        arguments: dict. The arguments of `fit` by name.
        callbacks: sequence of callbacks. Those that `fit` is given.
        allow: sequence of str. Codes of findings to tolerate.

    Raises:
        FindingsError: there are errors, and no callback reports them.
    """
    sets = sets_of(callbacks)
    if isinstance(arguments.get("validation_data"), Batches):
        sets["validation_data"] = arguments["validation_data"]
    x = arguments.get("x")
    findings = [x.finding()] if isinstance(x, TextStream) else examples_findings(model, x, sets)
    reporters = [callback for callback in callbacks if isinstance(callback, TakesFindings)]
    for reporter in reporters:
        reporter.set_findings(findings)
    if not reporters:
        if isinstance(x, TextStream):
            say(str(x.finding()))
        with allowed_in("callbacks=[kbert.PlanGuard(plan, {})]"):
            raise_on_errors(downgrade(findings, allow), can_allow=True)


def _check_steps(data: Any, option: str, arguments: Mapping[str, Any]) -> None:
    """Raise InputError unless an epoch is a whole pass over Batches."""
    steps = arguments.get(option)
    if steps is None or not isinstance(data, Batches) or steps == len(data):
        return
    raise InputError(
        "An epoch of these Batches has {batches:,} steps: with {option}={steps} some rows would "
        "be seen twice in a pass, and others never.",
        batches=len(data),
        option=option,
        steps=steps,
        cure=Cure(
            note="leave {option} out",
            values={"option": Option(option)},
            otherwise=(
                (Cure(code="EpochEvaluation(every_steps=...)", note="to evaluate more often"),)
                if option == "steps_per_epoch"
                else ()
            ),
        ),
    )


def _labels(x: Any, y: Any) -> np.ndarray | None:
    """Return labels if they are in memory, else None."""
    if isinstance(x, Batches):
        return x.store.labels
    if y is None or isinstance(y, dict):
        return None
    try:
        labels = np.asarray(keras.ops.convert_to_numpy(y) if keras.ops.is_tensor(y) else y)
    except ValueError:  # rows of different lengths, which Keras refuses
        return None
    return labels if labels.dtype.kind in "biuf" else None
