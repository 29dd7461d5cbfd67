"""A predictor that computes the same rows on all devices of one or several processes."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from kbert.backend import processes
from kbert.choices import DeviceCount
from kbert.cli.options import MACHINE, describe
from kbert.cli.processes import Processes, join_others
from kbert.errors import InputError
from kbert.findings import Option, worded

if TYPE_CHECKING:
    from kbert.data.reading.examples import Examples
    from kbert.interop.source import Source
    from kbert.serving.predictor import Predictor

Devices = Annotated[DeviceCount | None, Parameter(group=MACHINE, help=describe("devices"))]


def join_to_predict(named: Processes, source: "Source", backend: str | None) -> None:
    """Join the other processes, if there are any, to compute with a trained model.

    An exported program always computes alone, whatever started its process.

    Args:
        named: Processes.
        source: Source. The model.
        backend: str or None. The backend that is named.

    Raises:
        InputError: as in `join_others`; or processes are named for an exported program.
    """
    from kbert.serving.export_source import Export

    if not isinstance(source, Export):
        join_others(named, backend, trains=False)
    elif named != Processes():
        raise InputError(
            "{option} is for {kind}; {name} is {what}. Leave it out.",
            option=Option("processes"),
            kind=worded("models that Keras computes"),
            name=source.name,
            what=source.kind,
        )


def shared_predictor(
    model: Path,
    examples: "Examples",
    batch_size: int,
    backend: str | None,
    devices: DeviceCount | None,
) -> "Predictor":
    """Return a model's predictor; with several processes, on all devices unless some are named.

    Args:
        model: Path.
        examples: Examples. The texts to predict.
        batch_size: int.
        backend: str or None.
        devices: int, "all" or None.

    Raises:
        InputError: as in `Predictor.load`; or the processes differ in the model,
            rows, settings or versions.
    """
    from kbert.backend.machine import versions
    from kbert.plans.device_count import asked_of_all
    from kbert.runs.shared_run import check_alike
    from kbert.serving.predictor import Predictor

    predictor = Predictor.load(model, backend=backend, devices=asked_of_all(devices))
    if processes.is_joined():
        own = {
            "versions": versions(),
            "settings": [batch_size, devices],
            "model": _fingerprint(predictor),
            "rows": examples.fingerprint,
        }
        shown = {
            "versions": worded("versions of packages"),
            "settings": worded("settings"),
            "model": str(model),
            "rows": str(examples.source),
        }
        check_alike(own, shown)
    return predictor


def _fingerprint(predictor: "Predictor") -> str:
    """Return a digest of the weights, the labels, and what turns texts into tokens."""
    model = predictor.model
    assert model is not None, "an exported program computes alone"
    digest = hashlib.sha256(model.tokenizer.fingerprint.encode())
    digest.update(repr((predictor.labels, model.max_length)).encode())
    for weight in model.get_weights():
        digest.update(weight.tobytes())
    return digest.hexdigest()
