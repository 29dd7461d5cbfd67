"""The devices that a run trains on."""

from typing import TypeVar

from kbert.backend import processes
from kbert.backend.devices import devices_there_are
from kbert.choices import Backend
from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.plans.device_checks import check_devices
from kbert.utils.wording import count_noun

Config = TypeVar("Config", TrainConfig, PretrainConfig)


def on_devices(config: Config, backend: Backend) -> Config:
    """Return the settings with the devices of this machine, and the batch of all of them.

    Of several processes all devices are taken where none are named.

    Args:
        config: TrainConfig or PretrainConfig.
        backend: str.

    Raises:
        InputError: there are fewer than are asked for, or the backend trains on one alone.
    """
    count = processes.process_count()
    asked = "all" if config.devices is None and count > 1 else config.devices
    if asked is None:
        return config.on_devices(1)
    if backend == "torch" and asked != 1:
        raise InputError(
            "On torch, Keras {version} trains on one device; the data parallel of torch is to come "
            "in a later release of Keras. Received: {devices}",
            version=_keras_version(),
            devices=Option("devices", asked),
            cure=Cure({"backend": "jax"}, otherwise=(Cure({"devices": 1}),)),
        )
    total = check_devices(asked, devices_there_are(backend))
    if total % count:
        raise InputError(
            "Each process trains on as many devices as any other: {processes} cannot share "
            "{devices}.",
            processes=count_noun(count, "process", "processes"),
            devices=Option("devices", total),
            cure=Cure({"devices": total // count * count or count}),
        )
    return config.on_devices(total)


def _keras_version() -> str:
    from importlib.metadata import version

    return version("keras")
