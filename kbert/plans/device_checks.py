"""Checks of the number of devices, and of the rows that each of them gets."""

from typing import Protocol

from kbert.choices import BatchSize, DeviceCount
from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.utils.counts import check_count
from kbert.utils.wording import count_noun


class DeviceSettings(Protocol):
    """The settings of a plan for devices, and for the rows that they compute."""

    @property
    def devices(self) -> DeviceCount | None:
        """The devices of all processes."""

    @property
    def batch_size(self) -> BatchSize:
        """Rows per batch, on all devices together."""

    @property
    def batch_size_per_device(self) -> int | None:
        """Rows per batch on each device."""

    @property
    def rows_per_update(self) -> int:
        """Rows of one update of the weights."""


def check_devices(asked: DeviceCount | None, there_are: int) -> int:
    """Return the number of devices to train on.

    Args:
        asked: int, "all", or None for one device.
        there_are: int. The devices that the backend finds, in all processes.

    Raises:
        InputError: there are fewer devices.

    Example:

    ```python
    assert check_devices("all", there_are=8) == 8
    ```
    """
    if asked == "all":
        return there_are
    if asked is not None and asked > there_are:
        raise InputError(
            "{asked} are requested, here or by the run being resumed. Found: {found}",
            asked=count_noun(asked, "device"),
            found=count_noun(there_are, "device"),
            cure=Cure({"devices": there_are}),
        )
    return asked or 1


def check_device_settings(settings: DeviceSettings, default_batch_size: BatchSize) -> None:
    """Raise InputError for devices, or rows on each, that no plan can have."""
    devices, each = settings.devices, settings.batch_size_per_device
    if devices not in (None, "all"):
        check_count("devices", devices)
    if each is not None:
        check_count("batch_size_per_device", each)
        if settings.batch_size != default_batch_size:
            raise InputError(
                "{batch_size} is the number of rows on all devices together, and {each} that on "
                "each device: leave out one of the two.",
                batch_size=Option("batch_size", settings.batch_size),
                each=Option("batch_size_per_device", each),
            )
    if settings.batch_size == "auto" and devices not in (None, 1):
        raise InputError(
            "{auto} tries batches on one device only: with {devices}, give the number of rows.",
            auto=Option("batch_size", "auto"),
            devices=Option("devices", devices),
            cure=Cure({"batch_size": settings.rows_per_update}),
        )
