"""The kinds of targets by name."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from kbert.choices import TargetKind
from kbert.errors import InputError
from kbert.findings import Joined
from kbert.targets.multi import Multi
from kbert.targets.ordered import Ordered
from kbert.targets.regression import Regression
from kbert.targets.single import Single
from kbert.targets.soft import Soft
from kbert.targets.target import Target

TARGETS: dict[TargetKind, type[Target]] = {
    target.kind: target for target in (Single, Multi, Regression, Soft, Ordered)
}


def target_of(given: Target | str | Mapping[str, Any] | None, labels: int | None = None) -> Target:
    """Return the target for its name, or for what `to_dict` returned; one class for None.

    Args:
        given: Target, str, dict or None.
        labels: int or None. The number of labels; a target that keeps a value for each label must
            have this many. Defaults to None: this is not checked.

    Raises:
        InputError: there is no such kind, or the values that are kept for the labels do not fit it.
    """
    if isinstance(given, Target):
        target = given
    else:
        values = {"kind": given or "single"} if given is None or isinstance(given, str) else given
        target = _from_dict(values)
    for field in fields(target):  # type: ignore[arg-type]
        kept = getattr(target, field.name)
        if isinstance(kept, tuple) and labels is not None and len(kept) != labels:
            raise _misfit(target.to_dict())
    return target


def _from_dict(values: Any) -> Target:
    if not isinstance(values, Mapping) or values.get("kind") not in TARGETS:
        raise InputError(
            "A target must be one of {kinds}. Received: {values!r:.80}",
            kinds=Joined(TARGETS),
            values=values["kind"] if isinstance(values, Mapping) and "kind" in values else values,
        )
    own = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items() if n != "kind"}
    for name, value in own.items():
        is_sound = isinstance(value, str) if name == "separator" else _is_numbers(value)
        if value is not None and not is_sound:
            raise _misfit(values)
    is_share = [0 <= number <= 1 for number in own.get("thresholds") or ()]
    if not all(is_share) or any(number <= 0 for number in own.get("scale") or ()):
        raise _misfit(values)
    try:
        return TARGETS[values["kind"]](**own)
    except TypeError:
        raise _misfit(values) from None


def _is_numbers(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        type(number) in (int, float) and abs(number) < float("inf") for number in value
    )


def _misfit(values: Any) -> InputError:
    return InputError("The stored target does not fit its labels: {values!r:.200}", values=values)
