"""Finds Keras callbacks that would fail, or wait in vain, at the end of an epoch."""

import string
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, Protocol, get_args, runtime_checkable

import keras

from kbert.backend.fit_internals import fit_validates
from kbert.backend.metric_internals import has_direction, logs_known_names, metric_names
from kbert.backend.optimizer_internals import follows_schedule
from kbert.choices import Monitor
from kbert.errors import InputError
from kbert.findings import Cure, Joined

_SET_THE_RATE = (keras.callbacks.ReduceLROnPlateau, keras.callbacks.LearningRateScheduler)
_MONITORS = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)


@runtime_checkable
class LogsScores(Protocol):
    """A callback that adds scores to an epoch's logs, for those that come after it."""

    def logged_scores(self) -> Mapping[str, Literal["min", "max"]]:
        """Return the names of the scores in the logs, and which values are better."""


class FitCallbacks:
    """The callbacks of a `fit`; checks which Keras callbacks would fail at the end of an epoch.

    Args:
        model: keras.Model, compiled.
        callbacks: sequence of callbacks. All those of the `fit`.
        validates: bool or None. Whether `fit` has validation data. Defaults to None: as in the
            calling `fit`, if there is one.
    """

    def __init__(
        self, model: keras.Model, callbacks: Sequence[Any], validates: bool | None = None
    ) -> None:
        self.model = model
        self.callbacks = callbacks
        self.validates = fit_validates(model) if validates is None else validates
        self._own = metric_names(model)
        self._scores = _scores(callbacks)

    def check(self) -> None:
        """Raise InputError, before the first step, for a callback that could not do its work."""
        for place, callback in enumerate(self.callbacks):
            if isinstance(callback, _SET_THE_RATE) and follows_schedule(self.model.optimizer):
                raise InputError(
                    "{kind} sets the learning rate, which the optimizer takes from a schedule.",
                    kind=type(callback).__name__,
                    cure=Cure(
                        note="leave the callback out",
                        otherwise=(
                            Cure(code="compile(optimizer=kbert.AdamW(learning_rate=2e-5), ...)"),
                        ),
                    ),
                )
            if isinstance(callback, _MONITORS):
                self._check_direction(callback)
                self._check_file_name(callback)
                for name in _names(callback):
                    self._check_logged(callback, name, _scores(self.callbacks[:place]))
                self._check_known_direction(callback)

    def _check_direction(self, callback: Any) -> None:
        """Raise InputError if "auto" cannot know which values are better, or `mode` is wrong."""
        monitor, mode = callback.monitor, callback.mode
        right = self._scores.get(monitor)
        bare = monitor.removeprefix("val_")
        is_known = bare == "loss" or bare in self._own
        if right is None or mode == right or (mode == "auto" and is_known):
            return
        kind = type(callback).__name__
        raise InputError(
            "{kind} has mode={mode!r}, but for {monitor} the {better} value is better.",
            kind=kind,
            mode=mode,
            monitor=monitor,
            better="higher" if right == "max" else "lower",
            cure=Cure(code=f'{kind}(monitor="{monitor}", mode="{right}", ...)'),
        )

    def _check_known_direction(self, callback: Any) -> None:
        """Raise InputError if Keras cannot know which values of the monitored name are better."""
        monitor = callback.monitor
        is_used = getattr(callback, "save_best_only", True)
        if callback.mode != "auto" or monitor in self._scores or not is_used:
            return
        if not has_direction(self.model, monitor.removeprefix("val_")):
            raise InputError(
                "{kind} cannot know whether a higher or a lower {monitor} is better.",
                kind=type(callback).__name__,
                monitor=monitor,
                cure=Cure(
                    code='mode="max"',
                    note="if higher is better",
                    otherwise=(Cure(code='mode="min"', note="if lower is"),),
                ),
            )

    def _check_file_name(self, callback: Any) -> None:
        """Raise InputError for {batch} in a file name: after an epoch, the batch is not known."""
        if not isinstance(callback, keras.callbacks.ModelCheckpoint):
            return
        if "batch" in _fields(callback) and callback.save_freq == "epoch":
            raise InputError(
                "ModelCheckpoint saves after each epoch, but has {{batch}} in its file name.",
                cure=Cure(code='ModelCheckpoint("{epoch}.keras")'),
            )

    def _check_logged(self, callback: Any, name: str, before: Mapping[str, Any]) -> None:
        """Raise InputError if a name is not in the logs when the callback looks for it."""
        kind = type(callback).__name__
        if name in before or (name.startswith("val_") and self.validates):
            return
        if name in self._scores and not (name.startswith("val_") and self.validates is None):
            raise InputError(
                "{kind} needs {name}, which EpochEvaluation logs: it must come before {kind} in "
                "`callbacks`.",
                kind=kind,
                name=name,
            )
        if not self._is_missing(name):
            return
        cures = []
        if self._scores:
            logged = Joined(self._scores)
            cures.append(Cure(note="one of {logged}", values={"logged": logged}))
            if name.startswith("val_"):
                cures.append(Cure(code="EpochEvaluation(..., val_names=True)"))
        if name.startswith("val_"):
            cures.append(Cure(code="fit(..., validation_data=...)"))
        bare = name.removeprefix("val_")
        near = get_close_matches(bare, sorted(self._own), 1, cutoff=0.3)
        if near and bare not in self._own:
            prefix = "val_" if name.startswith("val_") and self.validates else ""
            cures.insert(0, Cure(note="{near!r}", values={"near": prefix + near[0]}))
        if not cures:
            cures.append(Cure(code="callbacks=[EpochEvaluation(...), ...]"))
        raise InputError(
            "{kind} needs {name}, which nothing logs.",
            kind=kind,
            name=name,
            cure=Cure(
                note=cures[0].note,
                code=cures[0].code,
                values=cures[0].values,
                otherwise=tuple(cures[1:]),
            ),
        )

    def _is_missing(self, name: str) -> bool:
        """Whether it is certain that nothing logs a name."""
        if any(map(_may_log, self.callbacks)) or name in self._own:
            return False
        if name == "learning_rate" and any(isinstance(c, _SET_THE_RATE) for c in self.callbacks):
            return False
        if name.startswith("val_") and self.validates is not True:
            return self.validates is False
        bare = name.removeprefix("val_")
        # With several outputs, the name of an output is put before those of its metrics.
        names = (keras.tree.flatten(self.model.loss), getattr(self.model, "output_names", ()))
        is_own = bare in self._own
        if max(map(len, names)) > 1:
            is_own = is_own or any(bare.endswith(f"_{own}") for own in self._own)
        if self.validates is not None and logs_known_names(self.model):
            return not is_own
        if name.startswith("val_"):
            return False
        endings = [f"_{score}" for score in get_args(Monitor)]
        sets = {n.removesuffix(end) for n in self._scores for end in endings if n.endswith(end)}
        if any(name.startswith(f"{one}_") for one in sets):
            return True
        # A classifier's metric names are known; other models may put output names before theirs.
        return self.validates is not None and name.endswith(tuple(endings))


def _scores(callbacks: Sequence[Any]) -> dict[str, Literal["min", "max"]]:
    """Return the names of the scores that callbacks log, and which values are better."""
    scores: dict[str, Literal["min", "max"]] = {}
    for callback in callbacks:
        if isinstance(callback, LogsScores):
            scores |= callback.logged_scores()
    return scores


def _names(callback: Any) -> list[str]:
    """Return the names that a callback looks for in the logs."""
    if not isinstance(callback, keras.callbacks.ModelCheckpoint):
        return [callback.monitor]
    names = [field for field in _fields(callback) if field not in ("epoch", "batch")]
    return [*([callback.monitor] if callback.save_best_only else []), *names]


def _fields(callback: keras.callbacks.ModelCheckpoint) -> list[str]:
    """Return the names in braces of a file name."""
    return [field for _, field, _, _ in string.Formatter().parse(callback.filepath) if field]


def _may_log(callback: Any) -> bool:
    """Whether a callback runs the user's code at the end of an epoch, which may add to its logs."""
    if isinstance(callback, keras.callbacks.LambdaCallback):
        return "on_epoch_end" in vars(callback)
    is_own = type(callback).__module__.partition(".")[0] in ("keras", "kbert")
    return not is_own and type(callback).on_epoch_end is not keras.callbacks.Callback.on_epoch_end
