"""The devices that a run trains on."""

from typing import TypeVar

from kbert.backend import processes
from kbert.choices import Backend, Packing
from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.plans.device_count import asked_of_all, device_count

Config = TypeVar("Config", TrainConfig, PretrainConfig)


def on_devices(config: Config, backend: Backend) -> Config:
    """Return the settings with the devices of this machine, and the batch size over all of them.

    With several processes, all devices are used where none are named.

    Args:
        config: TrainConfig or PretrainConfig.
        backend: str.

    Raises:
        InputError: there are fewer devices than asked for, or the backend trains on only one.
    """
    asked = asked_of_all(config.devices)
    if asked is None:
        return config.on_devices(1)
    total = device_count(asked, backend)
    found = config.on_devices(total)
    if backend == "tensorflow" and total > 1:
        _check_on_tensorflow(found)
    return found


def check_one_process(*, joins: bool = False) -> None:
    """Raise InputError where several processes are to pretrain together.

    Args:
        joins: bool. Whether this process is about to join others. Defaults to False.
    """
    if joins or processes.is_joined():
        raise InputError(
            "Pretraining computes in one process: several would each pretrain on all the texts.",
            cure=Cure(note="{devices} of one process", values={"devices": Option("devices")}),
        )


def packing_on_devices(config: TrainConfig) -> Packing:
    """Return the packing that is asked for, or none on TensorFlow's replicas: they support none."""
    devices = 1 if config.devices is None else config.devices
    return "off" if config.backend == "tensorflow" and devices != 1 else config.packing


def _check_on_tensorflow(config: Config) -> None:
    """Refuse what TensorFlow's replicas cannot do, which would otherwise fail in the first step."""
    if isinstance(config, PretrainConfig):
        raise InputError(
            "Pretraining runs on several devices only with jax. Received: {devices}",
            devices=Option("devices", config.devices),
            cure=Cure({"backend": "jax"}, otherwise=(Cure({"devices": 1}),)),
        )
    windows = config.long_text == "windows"
    takes = {
        "gradient_accumulation_steps": config.gradient_accumulation_steps > 1,
        "long_text": windows,
        "packing": getattr(config, "packing", None) == "on",
    }
    refused = next((name for name, asked in takes.items() if asked), None)
    if refused is not None:
        raise InputError(
            "On several devices TensorFlow does not support {setting}.",
            setting=Option(refused, getattr(config, refused)),
            cure=Cure({"backend": "jax"}, otherwise=(Cure({"devices": 1}),)),
        )
