"""The record of a run, run.json: read only where kbert can have written it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure
from kbert.utils.foreign import foreign_input
from kbert.utils.untrusted import check_file, is_too_deep

_MAX_RECORD = 2**25  # bytes
_MAX_SECONDS = 1e12
# What run.json holds, as far as kbert reads it again.
_TYPES: dict[str, type | tuple[type, ...]] = {
    "status": str,
    "started_in": str,
    "training_seconds": (int, float),
    "peak_memory_mb": (int, float),
    "peak_device_memory_mb": (int, float),
    "versions": dict,
    "machine": dict,
    "origin": dict,
    "data": dict,
    "plan": dict,
    "calibration": dict,
    "cross_validation": dict,
    "sweep": dict,
    "findings": list,
    "resumed": list,
    "split_version": int,
    "order_version": int,
}


def check_record(file: Path, record: Mapping[str, Any], sets: Iterable[str]) -> None:
    """Raise InputError where run.json lacks what a resumed run is compared with.

    Args:
        file: Path, run.json.
        record: dict, its contents.
        sets: the names of the data sets that were read again.
    """
    data = record.get("data", {})
    for name in sets:
        if "sha256" not in data.get(name, {}):
            raise InputError(
                "{file} is damaged: it lacks the checksum of the {name} set.",
                file=file,
                name=name,
                cure=lost_cure(file.parent),
            )


def lost_cure(run: Path) -> Cure:
    """Return the cure for a lost or damaged file of a run's record."""
    model = run / "model"
    if not (model / "config.json").is_file():
        return Cure(note="restore it from a copy")
    return Cure(
        note="restore it from a copy; the model is usable as {model}", values={"model": model}
    )


def read_record(file: Path) -> dict[str, Any]:
    """Return the object in run.json, or raise InputError where kbert cannot have written it."""
    cure = lost_cure(file.parent)
    check_file(file)
    with foreign_input("{file} cannot be read: {reason}.", file=file, cure=cure):
        if file.stat().st_size > _MAX_RECORD:
            raise ValueError("it is too large")
        record = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(record, dict) or is_too_deep(record):
        raise InputError("{file} is damaged: it is not a record of a run.", file=file, cure=cure)
    for name, kind in _TYPES.items():
        if name in record and not _is_of(record[name], kind, name):
            raise InputError(
                "{file} is damaged: its {name!r} has the wrong type.",
                file=file,
                name=name,
                cure=cure,
            )
    return record


def _is_of(value: Any, kind: type | tuple[type, ...], name: str) -> bool:
    """Whether a value is of a type; lists and the data sets consist of objects."""
    if not isinstance(value, kind) or isinstance(value, bool):
        return False
    if isinstance(value, (int, float)):
        return 0 <= value < _MAX_SECONDS
    if isinstance(value, dict) and name == "calibration":
        return _is_calibration(value)
    parts: list[Any] = []
    if isinstance(value, list):
        parts = value
    elif isinstance(value, dict) and name == "data":
        parts = list(value.values())
    return all(isinstance(part, dict) for part in parts)


def _is_calibration(value: Mapping[str, Any]) -> bool:
    """Whether these are a temperature and scores before and after it; see `Temperature`."""
    others = value.get("others", {})
    if not isinstance(others, dict) or not _is_number(value.get("temperature")):
        return False
    changes = (value, *others.values())
    return all(isinstance(change, dict) and _is_change(change) for change in changes)


def _is_change(value: Mapping[str, Any]) -> bool:
    pairs = [value.get(name) for name in ("ece", "brier", "log_loss")]
    return all(
        isinstance(pair, list) and list(map(_is_number, pair)) == [True] * 2 for pair in pairs
    )


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and 0 <= value < _MAX_SECONDS  # type: ignore[operator]
