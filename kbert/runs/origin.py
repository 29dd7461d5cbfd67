"""The fingerprint of what a run starts from: another run's model, or a preset."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from kbert.config import TrainConfig
from kbert.findings import Call, Cure, Finding, Message

# Settings that the run itself sets, or compares separately.
_OWN = ("labels", "tokenizer", "max_length", "dropout", "dtype", "name", "temperature", "frozen")


def origin(model: Any, config: TrainConfig) -> dict[str, str]:
    """Return checksums of the model that was built for a run, before its first step.

    They are computed from its values, so they also identify a model from a hub or a folder of
    several files, and are the same on every backend.

    Args:
        model: BertClassifier.
        config: TrainConfig.

    Returns:
        dict of `settings_sha256`, the checksum of the encoder's sizes and constants, and
        `weights_sha256`, that of the weights that were read: all of a parent's, the encoder's of a
        preset, none with random weights.
    """
    from kbert.models.lora_arrays import plain_arrays

    settings = {k: v for k, v in model.get_config().items() if k not in _OWN}
    text = json.dumps(settings, sort_keys=True, default=str)
    found = {"settings_sha256": hashlib.sha256(text.encode()).hexdigest()}
    if config.parent is not None:
        found["weights_sha256"] = _checksum(plain_arrays(model))
    elif config.weights == "pretrained":
        found["weights_sha256"] = _checksum(plain_arrays(model.backbone))
    return found


def origin_findings(
    recorded: Mapping[str, Any], found: Mapping[str, str], config: TrainConfig
) -> list[Finding]:
    """Return an error where a run would begin from another model than it was started with.

    Args:
        recorded: dict, `origin` of the model that the run was started with; empty for kbert 0.1.
        found: dict, `origin` of the model that is built now, or the part of it that matters.
        config: TrainConfig.
    """
    differ = [name for name in found if recorded.get(name, found[name]) != found[name]]
    if not differ:
        return []
    what = Message("weights") if "weights_sha256" in differ else Message("settings")
    return [
        Finding(
            "parent-differs",
            "error",
            "The {what} of {source} are no longer those that the run was started from.",
            Cure(
                note="restore the model; or start another run from it",
                otherwise=(Cure(call=Call("train", config.data, output="NEW")),),
            ),
            {"what": what, "source": config.parent or config.preset},
        )
    ]


def _checksum(arrays: Mapping[str, Any]) -> str:
    """Return the checksum of arrays with their names, types and shapes."""
    checksum = hashlib.sha256()
    for part in _parts(arrays):
        checksum.update(part)
    return checksum.hexdigest()


def _parts(arrays: Mapping[str, Any]) -> Iterable[bytes]:
    for name in sorted(arrays):
        array = arrays[name]
        yield f"{name} {array.dtype} {array.shape}\n".encode()
        yield array.tobytes()
