"""The speed of devices that exchange gradients: the arithmetic behind `benchmarks.scaling`.

Each step sums the gradients of all weights over the devices. In a ring of d devices, each sends and
receives 2 (d - 1) messages of a d-th of the bytes (Patarasuk and Yuan, "Bandwidth optimal
all-reduce algorithms for clusters of workstations", 2009). With a latency of `alpha` seconds per
message and a bandwidth of `beta` bytes per second:

    exchange = 2 (d - 1) * alpha + 2 (d - 1) / d * bytes / beta

This assumes that nothing is computed meanwhile, so it is the most that an exchange can cost.
"""

from collections.abc import Callable
from dataclasses import dataclass

BYTES = 4  # of a gradient, in float32
_MOST = 2**16  # devices that are considered


@dataclass(frozen=True)
class Link:
    """The connection between the devices.

    Args:
        gigabits: float. The bandwidth, in gigabits per second.
        microseconds: float. The latency per message.
    """

    gigabits: float
    microseconds: float

    def seconds(self, parameters: int, devices: int) -> float:
        """Return the seconds to exchange the gradients of `parameters` weights."""
        latency = 2 * (devices - 1) * self.microseconds / 1e6
        return latency + sent_bytes(parameters, devices) / (self.gigabits * 1e9 / 8)


def sent_bytes(parameters: int, devices: int) -> float:
    """Return the bytes that each device sends in a step."""
    return 2 * (devices - 1) / devices * BYTES * parameters


@dataclass(frozen=True)
class Scaled:
    """A step on several devices.

    Args:
        computing: float. Seconds in which each device computes its rows.
        exchange: float. Seconds in which the gradients are summed.
        alone: float. Seconds in which one device would compute all rows.
    """

    computing: float
    exchange: float
    alone: float

    @property
    def share(self) -> float:
        """The share of the exchange in the step."""
        return self.exchange / (self.computing + self.exchange)

    @property
    def speed_up(self) -> float:
        """The rows trained per second, as a multiple of those on one device."""
        return self.alone / (self.computing + self.exchange)


def as_many_rows_on_each(step: float, parameters: int, devices: int, link: Link) -> Scaled:
    """Return a step whose batch grows with the devices; `step` is its time on one device."""
    return Scaled(step, link.seconds(parameters, devices), step * devices)


def the_same_batch(step: float, parameters: int, devices: int, link: Link, rows: int) -> Scaled:
    """Return a step whose batch of `rows` rows is divided among the devices.

    The time is taken to be proportional to the number of rows; if there are more devices than
    rows, some devices have nothing to compute.
    """
    largest = -(-rows // devices)
    return Scaled(step * largest / rows, link.seconds(parameters, devices), step)


def most_devices(pays: Callable[[int], bool]) -> int:
    """Return the largest power of two up to which more devices pay off; 1 if they never do."""
    devices = 1
    while devices < _MOST and pays(2 * devices):
        devices *= 2
    return devices
