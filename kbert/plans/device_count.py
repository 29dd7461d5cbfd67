"""The number of devices that a backend computes on."""

from kbert.backend import processes
from kbert.backend.devices import devices_there_are
from kbert.choices import Backend, DeviceCount
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.plans.device_checks import check_devices
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun


def device_count(asked: DeviceCount, backend: Backend) -> int:
    """Return how many devices share a batch, those of all processes together.

    Args:
        asked: int or "all".
        backend: str.

    Raises:
        InputError: there are fewer than are asked for, the processes cannot share them, or the
            backend computes on one device only.
    """
    if asked != "all":
        check_count("devices", asked)
    if backend == "torch" and asked != 1:
        raise InputError(
            "On torch, Keras {version} computes on one device; data parallelism on torch is to "
            "come in a later release of Keras. Received: {devices}",
            version=_keras_version(),
            devices=Option("devices", asked),
            cure=Cure({"backend": "jax"}, otherwise=(Cure({"devices": 1}),)),
        )
    total = check_devices(asked, devices_there_are(backend))
    count = processes.process_count()
    if total % count:
        raise InputError(
            "Each process must use the same number of devices: {processes} cannot share {devices}.",
            processes=count_noun(count, "process", "processes"),
            devices=Option("devices", total),
            cure=Cure({"devices": total // count * count or count}),
        )
    return total


def asked_of_all(devices: DeviceCount | None) -> DeviceCount | None:
    """Return the devices that are asked for: all, if several processes name none."""
    return "all" if devices is None and processes.process_count() > 1 else devices


def _keras_version() -> str:
    from importlib.metadata import version

    return version("keras")
