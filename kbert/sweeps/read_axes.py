"""Read the values to try for settings: "2e-5,5e-5" lists values, "1e-5:1e-4" is a range."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, get_args, get_origin

from kbert.config import CheckpointOptions, ShardOptions, SplitOptions, TrackerOptions, TrainConfig
from kbert.config.checks import check_type
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError
from kbert.findings import Call, Cure, Option
from kbert.sweeps.axes import Axis, ListedValues, Value, ValueRange

_ALIKE_OF = (ReadingOptions, SplitOptions, ShardOptions, CheckpointOptions, TrackerOptions)
# Settings with one value in the whole sweep: with several, its runs could not be compared, or
# would not differ.
_ALIKE = {
    *("backend", "baseline", "deterministic", "dev_proportion", "devices", "evaluate_every"),
    *("monitor", "recipe", "seed", "task"),
}
_OF_RUNS = {f.name for group in _ALIKE_OF for f in fields(group)}
_SCALES = {"log": True, "linear": False}
_DECADE = 10  # a range of at least this ratio is logarithmic


def takes_values(name: str) -> bool:
    """Return whether a setting of a run is written as text that may list values.

    This is true of all numbers and choices, and of the preset. How a file is read, how rows are set
    aside and what is stored are the same in all runs.

    Args:
        name: str. The name of a setting of `TrainConfig`.

    Example:

    ```python
    assert takes_values("learning_rate") and not takes_values("text")
    ```
    """
    if name in _OF_RUNS:
        return False
    return name == "preset" or bool(_numbers(name)) or any(map(_is_choice, _kinds(name)))


def read_axes(texts: Mapping[str, str]) -> tuple[dict[str, Value], dict[str, Axis]]:
    """Return the settings with one value, and the axes of those with several.

    Args:
        texts: dict of str by the name of the setting: a value, several values separated by commas,
            or "LOW:HIGH", a range of numbers. A range that spans a factor of 10 or more is
            logarithmic; ":log" or ":linear" after the range overrides this.

    Raises:
        InputError: a value is empty, given twice or of the wrong type; a range is not valid; or a
            setting cannot differ among the runs.

    Example:

    ```python
    single, axes = read_axes({"epochs": "3", "learning_rate": "2e-5,5e-5"})
    assert single == {"epochs": 3}
    assert axes["learning_rate"].values == (2e-5, 5e-5)
    ```
    """
    single: dict[str, Value] = {}
    axes: dict[str, Axis] = {}
    for name, text in texts.items():
        axis = _range(name, text) if ":" in text and _numbers(name) else _list(name, text)
        if axis.values is not None and len(axis.values) == 1:
            single[name] = axis.values[0]
            continue
        if name in _ALIKE:
            raise InputError(
                "All runs of a sweep have the same {option}. Received: {text!r:.80}",
                option=Option(name),
                text=text,
                cure=_in_place_of(name, axis),
            )
        axes[name] = axis
    return single, axes


def _in_place_of(name: str, axis: Axis) -> Cure | None:
    """Return what compares several values of a setting that all runs of a sweep share."""
    if name == "seed" and axis.values:
        return Cure({"seeds": len(axis.values)})
    if name == "recipe":
        return Cure(
            note="list the values of their settings, or train a run of each and compare them by "
            "{compare}",
            values={"compare": Call("compare", "RUN", "RUN2")},
        )
    return None


def _list(name: str, text: str) -> ListedValues:
    parts = [part.strip() for part in text.split(",")]
    if "" in parts:
        raise InputError(
            "{option} has an empty value. Received: {text!r:.80}", option=Option(name), text=text
        )
    values = tuple(_value(name, part) for part in parts)
    for number, value in enumerate(values):
        if value in values[:number]:
            raise InputError(
                "{option} lists {value} twice. Received: {text!r:.80}",
                option=Option(name),
                value=value,
                text=text,
            )
    return ListedValues(values)


def _range(name: str, text: str) -> ValueRange:
    low_text, _, rest = text.partition(":")
    high_text, _, scale = rest.partition(":")
    low, high = (_value(name, part.strip()) for part in (low_text, high_text))
    numbers = not isinstance(low, str) and not isinstance(high, str)
    if not numbers or scale not in ("", *_SCALES) or not low < high:  # type: ignore[operator]
        raise InputError(
            "A range of {option} is LOW:HIGH, LOW:HIGH:log or LOW:HIGH:linear, with LOW below "
            "HIGH. Received: {text!r:.80}",
            option=Option(name),
            text=text,
        )
    assert not isinstance(low, str)
    assert not isinstance(high, str)
    by_logarithm = _SCALES.get(scale, 0 < low * _DECADE <= high)
    if by_logarithm and low <= 0:
        raise InputError(
            "A logarithmic range must begin above 0. Received: {option} {text!r:.80}",
            option=Option(name),
            text=text,
        )
    return ValueRange(low, high, by_logarithm)


def _value(name: str, text: str) -> Value:
    """Return a value of the type of its setting."""
    value: Value = text
    numbers = _numbers(name)
    if int in numbers or float in numbers:
        if re.fullmatch(r"[+-]?\d+", text):
            value = int(text)
        else:
            try:
                value = float(text)
            except ValueError:
                value = text  # a choice, or refused below
    if float in numbers and isinstance(value, int):
        value = float(value)
    check_type(name, value, _HINTS[name])
    return value


_HINTS: dict[str, Any] = TrainConfig.hints()


def _kinds(name: str) -> tuple[Any, ...]:
    hint = _HINTS[name]
    return (hint,) if _is_choice(hint) else get_args(hint) or (hint,)


def _numbers(name: str) -> set[type]:
    return {kind for kind in _kinds(name) if kind in (int, float)}


def _is_choice(kind: Any) -> bool:
    return get_origin(kind) is Literal
