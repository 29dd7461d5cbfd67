"""The result of a search for a learning rate."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from kbert.errors import InputError
from kbert.findings import Option, worded

_KEPT = 0.9  # of the running mean at each update
_CLEAR = 4.0  # standard errors by which the loss must have fallen
_LEAST_FALL = 1e-3  # and the share of itself by which it must have fallen
_USUAL = 1e-3  # above it, a plan has the finding unusual-rate
_FIRST = 5  # updates, whose mean loss is the start


@dataclass(frozen=True, eq=False)
class RateSearch:
    """The loss at each rate that was tried, from the lowest to the highest.

    Args:
        rates: float array [updates].
        losses: float array [updates]. The loss before each update; the array ends where the loss
            was no longer finite.

    Example:

    ```python
    rates = 10.0 ** np.linspace(-6, -2, 41)
    search = RateSearch(rates, np.where(rates < 1e-3, 2 - 0.02 * np.arange(41), 9.0))
    assert 1e-5 < search.suggested < 1e-3
    ```
    """

    rates: np.ndarray
    losses: np.ndarray

    @cached_property
    def smoothed(self) -> np.ndarray:
        """The running mean of the losses, corrected for its start at 0.

        m = 0.9 * m + 0.1 * loss;  smoothed = m / (1 - 0.9 ** n)
        """
        mean, found = 0.0, []
        for n, loss in enumerate(self.losses, 1):
            mean = _KEPT * mean + (1 - _KEPT) * float(loss)
            found.append(mean / (1 - _KEPT**n))
        return np.array(found)

    @property
    def lowest(self) -> float | None:
        """The rate at which the smoothed loss is lowest; None where it has not clearly fallen.

        It has clearly fallen if, after the first updates, it gets below their mean loss by more
        than four standard errors of that mean, and by more than a thousandth of it.
        """
        if len(self.losses) <= _FIRST:
            return None
        least = self._least
        error = _noise(self.losses[: least + 1]) / _FIRST**0.5
        start = float(np.mean(self.losses[:_FIRST]))
        if self.smoothed[least] >= start - max(_CLEAR * error, _LEAST_FALL * abs(start)):
            return None
        return float(self.rates[least])

    @property
    def _least(self) -> int:
        """Where the running mean is lowest, after the first updates, of which it is hardly one."""
        return _FIRST + int(np.argmin(self.smoothed[_FIRST:]))

    @property
    def steepest(self) -> float | None:
        """The rate at which the smoothed loss falls fastest over the logarithm of the rate."""
        if self.lowest is None:
            return None
        found = slice(_FIRST - 1, self._least + 1)
        slopes = np.gradient(self.smoothed[found], np.log(self.rates[found]))
        return float(self.rates[found][int(np.argmin(slopes))])

    @property
    def suggested(self) -> float | None:
        """A tenth of the rate of the lowest loss; None where the loss has not clearly fallen.

        At the lowest loss itself the rate is already too high: the loss is about to rise.
        """
        return None if self.lowest is None else self.lowest / 10

    @property
    def ends_falling(self) -> bool:
        """Whether the loss was still falling at the highest rate that was tried."""
        return self.lowest is not None and self.lowest >= 0.99 * float(self.rates[-1])

    def to_dict(self) -> dict[str, Any]:
        """Return the search as plain data."""
        return {
            "suggested": self.suggested,
            "steepest": self.steepest,
            "lowest_loss_at": self.lowest,
            "ends_falling": self.ends_falling,
            "rates": [float(rate) for rate in self.rates],
            "losses": [float(loss) for loss in self.losses],
        }

    def __str__(self) -> str:
        tried = worded(
            "{updates:,} updates at rates from {low:.2g} to {high:.2g}",
            updates=len(self.rates),
            low=self.rates[0],
            high=self.rates[-1],
        )
        if self.lowest is None:
            return "\n".join(
                [tried, worded("The loss has not clearly fallen at any of them: no suggestion.")]
            )
        lines = [
            tried,
            worded(
                "the running mean of the loss is lowest at {rate:.2g}: {loss:.4f}, after "
                "{start:.4f}",
                rate=self.lowest,
                loss=float(self.smoothed[self._least]),
                start=float(self.losses[:_FIRST].mean()),
            ),
        ]
        if self.steepest is not None:
            lines.append(worded("it falls fastest at {rate:.2g}", rate=self.steepest))
        lines.append(
            worded(
                "Suggested peak learning rate, a tenth of the rate of the lowest loss: {rate:.2g}",
                rate=self.suggested,
            )
        )
        if self.lowest / 10 > _USUAL:
            lines.append(
                worded(
                    "That is far above the 2e-5 to 1e-4 that fine-tune a pretrained BERT, and is "
                    "reported as unusual-rate: keep to 1e-4, unless only LoRA or the head is "
                    "trained."
                )
            )
        if self.ends_falling:
            lines.append(
                worded(
                    "The loss was still falling at the highest rate: search further up, by "
                    "{highest}.",
                    highest=Option("highest", float(f"{10 * self.rates[-1]:.2g}")),
                )
            )
        return "\n".join(lines)


def _noise(losses: np.ndarray) -> float:
    """Return the standard deviation of losses beside their trend: of two that follow each other."""
    return float(np.std(np.diff(losses))) / 2**0.5


def check_rates(lowest: float, highest: float, updates: int) -> None:
    """Raise InputError unless rates can grow from one to the other in this many updates."""
    if not 0 < lowest < highest < float("inf"):
        raise InputError(
            "The rates must be above 0, and {highest} above {lowest}. Received: {low}, {high}",
            lowest=Option("lowest"),
            highest=Option("highest"),
            low=lowest,
            high=highest,
        )
    if updates < 2:
        raise InputError(
            "{option} must be 2 or more. Received: {updates}",
            option=Option("updates"),
            updates=updates,
        )
