"""How much each class and each row counts in the training loss."""

import math
import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.findings import Cure, Option, Text
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.utils.named_numbers import named_numbers

ClassWeight = str | Mapping[str | int, float]

_OPTION = Option("class_weight")


def check_class_weight(target: Target) -> None:
    """Raise InputError for targets other than one class per row, which class weights do not fit.

    Keras would take the first label, or the largest number, of a row as its class.
    """
    if not target.takes_names:
        raise InputError(
            "{option} is for one class in each row, but the target is {kind}.",
            option=_OPTION,
            kind=target.kind,
            cure=Cure(
                {"weight": "NAME"},
                note="with a column that says how much each row counts",
            ),
        )


def class_weights(given: ClassWeight, examples: Examples) -> dict[str, float]:
    """Return the weight of each class, by name.

        balanced:  weight[c] = rows / (classes * rows[c])
                   weight[c] = (rows - rows[c]) / rows[c], if a row has several labels

    Args:
        given: "balanced"; "NAME=W,...", quoted as in a CSV if a name has a comma; or a dict of
            weights by the names or numbers of classes. A class that is not named has weight 1.
        examples: Examples. With labels; if they have weights, these are counted, not rows.

    Raises:
        InputError: a name is not a class of the examples, or a weight is not 0 or more.

    Source: G. King and L. Zeng, "Logistic Regression in Rare Events Data", 2001, as in
    scikit-learn's `compute_class_weight`.

    Example:

    ```python
    from kbert import read_examples

    examples = read_examples((["good", "bad", "fine", "so so"], ["yes", "no", "yes", "yes"]))
    weights = class_weights("balanced", examples)
    assert weights == {"no": 2.0, "yes": 4 / 6}
    ```
    """
    if not examples.target.weighs_labels:
        check_class_weight(examples.target)
    assert examples.labels is not None
    assert examples.y is not None
    names = examples.labels.names
    if given == "balanced" and examples.label_ids is None:
        return dict(zip(names, _balanced_labels(examples.y, examples.weights), strict=True))
    if given == "balanced":
        assert examples.label_ids is not None
        counts = np.bincount(examples.label_ids, examples.weights, minlength=len(names))
        occurring = max(np.count_nonzero(counts), 1)
        shares = [counts.sum() / (occurring * count) if count else 1.0 for count in counts]
        return dict(zip(names, map(float, shares), strict=True))
    found = dict.fromkeys(names, 1.0)
    for key, weight in (_parsed(given) if isinstance(given, str) else given).items():
        found[_name(key, examples.labels)] = _checked(weight, key)
    if not any(found.values()):
        raise InputError("{option} gives all classes the weight 0.", option=_OPTION)
    return found


def _balanced_labels(y: np.ndarray, weights: np.ndarray | None) -> list[float]:
    """Return the weights that make the rows with a label count as much as the others."""
    rows = np.ones(len(y)) if weights is None else weights.astype(np.float64)
    having = rows @ y
    others = rows.sum() - having
    return [float(b / a) if a and b else 1.0 for a, b in zip(having, others, strict=True)]


def numbered_weights(
    given: ClassWeight, labels: Labels, examples: Examples | None = None
) -> dict[int, float]:
    """Return the weight of each class by number, as Keras takes them; see `class_weights`.

    Args:
        given: as in `class_weights`.
        labels: Labels.
        examples: Examples with these labels, or None if the rows are not known. Defaults to None.

    Raises:
        InputError: see `class_weights`; or `given` is "balanced", and the rows are not known.
    """
    if examples is None:
        if given == "balanced":
            raise InputError(
                "{option} cannot be balanced: how many rows a class has is not known.",
                option=_OPTION,
                cure=Cure(code='class_weight={"NAME": W}'),
            )
        examples = Examples([], labels=labels, label_ids=np.zeros(0, np.int32))
    return dict(enumerate(class_weights(given, examples).values()))


def row_weights(examples: Examples, class_weight: ClassWeight | None = None) -> np.ndarray | None:
    """Return how much each row counts in the loss, 1 on average; None if all count the same.

        weight[row] = w[row] / mean(w),  w[row] = examples.weights[row] * class_weight[label[row]]

    Args:
        examples: Examples.
        class_weight: see `class_weights`. Defaults to None: all classes count the same.

    Raises:
        InputError: see `class_weights`; or all rows have weight 0.
    """
    weights = examples.weights
    if class_weight is not None:
        check_class_weight(examples.target)
        if examples.labels is None or examples.label_ids is None:
            raise InputError(
                "{option} is for classes, but {source} has no labels.",
                option=_OPTION,
                source=examples.source,
            )
        by_class = np.array(list(class_weights(class_weight, examples).values()), np.float64)
        weights = by_class[examples.label_ids] * (1.0 if weights is None else weights)
    return None if weights is None else normalized(weights, examples.source)


def normalized(weights: np.ndarray, source: Text) -> np.ndarray:
    """Return weights divided by their mean, as float32.

    Args:
        weights: float array [rows].
        source: Text. What the rows belong to, for messages.

    Raises:
        InputError: all of them are 0.
    """
    mean = np.mean(weights, dtype=np.float64)
    if not mean:
        raise InputError("All rows of {source} have the weight 0.", source=source)
    return (weights / mean).astype(np.float32)


def _parsed(text: str) -> Mapping[str | int, float]:
    """Return the weights in "NAME=W,..." by name."""
    found = named_numbers(text)
    if found is None:
        raise _not_weights(text)
    return dict(found.items())


def _not_weights(text: str) -> InputError:
    return InputError(
        "{option} must be balanced, or NAME=WEIGHT for each of some classes, separated by commas. "
        "Received: {text!r:.80}",
        option=_OPTION,
        text=text,
    )


def _name(key: Any, labels: Labels) -> str:
    is_number = isinstance(key, numbers.Integral) and not isinstance(key, bool)
    if is_number and 0 <= key < len(labels):
        return labels.names[int(key)]
    if not isinstance(key, str) or key not in labels.ids:
        raise InputError("{option}: {problem}.", option=_OPTION, problem=labels.unknown(str(key)))
    return key


def _checked(weight: Any, key: Any) -> float:
    is_number = isinstance(weight, numbers.Real) and not isinstance(weight, bool)
    if not is_number or not 0 <= weight < math.inf:
        raise InputError(
            "{option} must be 0 or more for each class. Received: {weight!r} for {key!r}",
            option=_OPTION,
            weight=weight,
            key=key,
        )
    return float(weight)
