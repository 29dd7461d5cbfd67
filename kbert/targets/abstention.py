"""The lowest probability with which a class is answered."""

import math
import numbers
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.results.any_prediction import AnyPrediction
from kbert.results.prediction import Prediction
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.utils.named_numbers import named_numbers

Abstain = float | str | Mapping[str, float]
"""One number, such as 0.8 or "0.8"; or numbers by class, as "NAME=P,NAME=P" or a dict."""


@dataclass(frozen=True)
class Abstention:
    """The lowest probability with which each class is answered; below it, the label is empty.

    Args:
        limits: dict of float by class, 0 to 1.

    Example:

    ```python
    from kbert.targets.single import Single

    limits = Abstention.of("spam=0.9", ("spam", "ham"), Single())
    prediction = Prediction("spam", 0.8, {"spam": 0.8, "ham": 0.2})
    assert limits.applied(prediction).label == "" and limits.applied(prediction).abstained
    ```
    """

    limits: Mapping[str, float]

    @classmethod
    def of(cls, given: Abstain, names: Sequence[str], target: Target) -> "Abstention":
        """Return the limits of a model's classes.

        Args:
            given: one probability for all classes, or probabilities for some classes; the others
                are always answered.
            names: sequence of str. The labels.
            target: Target. What a label is.

        Raises:
            InputError: a row does not have one class, a name is not one of the labels, or a number
                is not between 0 and 1.
        """
        if target.activation != "softmax":
            raise InputError(
                "{option} is for one class in each row, but the target is {kind}.",
                option=_OPTION,
                kind=target.kind,
                cure=Cure(
                    note="leave it out: each label has a threshold of its own"
                    if target.activation == "sigmoid"
                    else "leave it out"
                ),
            )
        labels, found = Labels(tuple(names)), _parsed(given)
        if not isinstance(found, Mapping):
            return cls(dict.fromkeys(names, _checked(found, given)))
        limits = dict.fromkeys(names, 0.0)
        for name, limit in found.items():
            if name not in limits:
                problem = labels.unknown(str(name))
                raise InputError("{option}: {problem}.", option=_OPTION, problem=problem)
            limits[name] = _checked(limit, given)
        return cls(limits)

    def applied(self, prediction: AnyPrediction) -> AnyPrediction:
        """Return the prediction, with an empty label if its probability is below the limit."""
        assert isinstance(prediction, Prediction)
        abstained = prediction.probability < self.limits[prediction.label]
        label = "" if abstained else prediction.label
        return replace(prediction, label=label, abstained=abstained)


_OPTION = Option("abstain")


def _parsed(given: Any) -> Any:
    """Return a number, or numbers by name."""
    if not isinstance(given, str):
        return given
    try:
        return float(given)
    except ValueError:
        found = named_numbers(given)
    if found is None:
        raise _not_limits(given)
    return found


def _checked(limit: Any, given: Any) -> float:
    is_number = isinstance(limit, numbers.Real) and not isinstance(limit, bool)
    if not is_number or not 0 <= limit <= 1 or math.isnan(limit):
        raise _not_limits(given)
    return float(limit)


def _not_limits(given: Any) -> InputError:
    return InputError(
        "{option} must be a probability from 0 to 1, or NAME=P for each of some classes, separated "
        "by commas. Received: {given!r:.80}",
        option=_OPTION,
        given=str(given) if isinstance(given, Mapping) else given,
    )
