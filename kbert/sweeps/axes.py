"""The values that a sweep tries for a setting: a list, or a range."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kbert.findings import Joined, worded

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Value = int | float | str


class Axis(Protocol):
    """The values that a sweep tries for one setting."""

    @property
    def values(self) -> tuple[Value, ...] | None:
        """All values, or None if there is no list of them."""

    @property
    def ends(self) -> tuple[Value, ...]:
        """The values to check: if they are valid, all are."""

    def distribution(self) -> "BaseDistribution":
        """Return the distribution that Optuna draws from."""


@dataclass(frozen=True)
class ListedValues:
    """Values in a list, each of which is tried.

    Args:
        values: tuple of numbers or choices.
    """

    values: tuple[Value, ...]

    @property
    def ends(self) -> tuple[Value, ...]:
        """All values."""
        return self.values

    def distribution(self) -> Any:
        """Return Optuna's distribution of these values."""
        from optuna.distributions import CategoricalDistribution

        return CategoricalDistribution(self.values)

    def __str__(self) -> str:
        return str(Joined(map(str, self.values)))


@dataclass(frozen=True)
class ValueRange:
    """All numbers between two.

    Args:
        low: int or float.
        high: int or float, above `low`.
        by_logarithm: bool. Whether equal ratios are equally probable, rather than equal
            differences.
    """

    low: int | float
    high: int | float
    by_logarithm: bool

    @property
    def values(self) -> None:
        """None: the numbers are not listed."""
        return None

    @property
    def ends(self) -> tuple[Value, ...]:
        """The lowest and the highest number."""
        return self.low, self.high

    def distribution(self) -> Any:
        """Return Optuna's distribution of numbers: integers if both ends are integers."""
        from optuna.distributions import FloatDistribution, IntDistribution

        if isinstance(self.low, int) and isinstance(self.high, int):
            return IntDistribution(self.low, self.high, log=self.by_logarithm)
        return FloatDistribution(self.low, self.high, log=self.by_logarithm)

    def __str__(self) -> str:
        if self.by_logarithm:
            return worded("{low} to {high}, on a logarithmic scale", low=self.low, high=self.high)
        return worded("{low} to {high}", low=self.low, high=self.high)
