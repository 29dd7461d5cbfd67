"""The devices that a run trains on."""

from typing import TypeVar

from kbert.config import TrainConfig
from kbert.config.pretrain_config import PretrainConfig
from kbert.errors import InputError
from kbert.findings import Cure, Option

Config = TypeVar("Config", TrainConfig, PretrainConfig)


def on_devices(config: Config) -> Config:
    """Return the settings with the devices of this machine, and the batch of all of them.

    Raises:
        InputError: more than one is asked for.
    """
    if config.devices not in (None, 1):
        raise InputError(
            "kbert plans for several devices, and trains on one: {devices} cannot be trained on.",
            devices=Option("devices", config.devices),
            cure=Cure({"devices": 1}),
        )
    return config.on_devices(1)
