"""Whether texts share rows: a computation over their lengths, before a run."""

from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from kbert.choices import Packing
from kbert.data.epoch_layout import EpochLayout, Order
from kbert.data.epoch_order import choose_widths, random_order, sample_order
from kbert.data.packing import (
    computed_rows,
    first_fit,
    packed_slots,
    packed_width,
    usual_rows,
)
from kbert.data.padding import MULTIPLE
from kbert.data.token_store import TokenStore
from kbert.data.window_inputs import not_packed
from kbert.errors import InputError
from kbert.findings import Joined, Option, worded

_BATCHES = 200  # of an epoch: the share of padding hardly varies
# Per token, a layer's products take 12 x hidden^2, and those of attention 2 x width x hidden. This
# is 6 x hidden of MiniLM: where attention counts for less, the gain of packing is underestimated.
_EVEN_WIDTH = 6 * 384


@dataclass(frozen=True)
class PackingChoice:
    """Whether several short texts share a row, or each has its own beside texts of its length.

    Args:
        packing: "on" or "off".
        grouped: float. The share of the computed tokens that are not padding, when texts are
            grouped by length.
        packed: float. The same, when texts are packed.
        windows: float. The mean number of windows per text, if texts are read in windows, which
            are never packed. Defaults to 0: they are not.
    """

    packing: Packing
    grouped: float
    packed: float
    windows: float = 0.0

    @classmethod
    def of_store(
        cls,
        store: TokenStore,
        batch_size: int,
        asked: Packing = "auto",
        *,
        compiled: bool = False,
    ) -> "PackingChoice":
        """Return the choice that computes less for the rows of a store; see `of`.

        Raises:
            InputError: `asked` is unknown, or "on" for texts that are read in windows.
        """
        if store.window_split is None:
            return cls.of(store.lengths, batch_size, asked, compiled=compiled)
        if asked == "on":
            raise not_packed()
        found = cls.of(store.widest, batch_size, asked, compiled=compiled)
        return replace(found, packing="off", windows=float(store.window_counts.mean()))

    @classmethod
    def of(
        cls,
        lengths: np.ndarray,
        batch_size: int,
        asked: Packing = "auto",
        *,
        compiled: bool = False,
    ) -> "PackingChoice":
        """Return the choice that computes less, attention included.

        Args:
            lengths: int array [rows]. Tokens of each row.
            batch_size: int.
            asked: "on" or "off" to take that choice, whatever it costs. Defaults to "auto".
            compiled: bool. Whether the backend compiles each shape, so that batches are given few
                shapes. Defaults to False.

        Raises:
            InputError: `asked` is unknown.

        Example:

        ```python
        short = np.random.default_rng(0).integers(5, 60, size=1000)
        assert PackingChoice.of(short, batch_size=32).packing == "on"
        assert PackingChoice.of(short + 190, batch_size=32).packing == "off"
        ```
        """
        if asked not in get_args(Packing):
            raise InputError(
                "{option} must be one of {expected}. Received: {asked!r}",
                option=Option("packing"),
                expected=Joined(get_args(Packing)),
                asked=asked,
            )
        bits = np.random.PCG64(np.random.SeedSequence([0, 0]))
        some = sample_order(bits, len(lengths), min(len(lengths), _BATCHES * batch_size))
        lengths = np.asarray(lengths)[some]
        widths = choose_widths(lengths, multiple=MULTIPLE, min_rows=batch_size)
        layout = EpochLayout.build(
            lengths, lambda size: widths, batch_size=batch_size, order="shuffled"
        )
        rows = np.array([len(batch) for batch in layout.rows])
        grouped, grouped_cost = _tokens(rows, np.array(layout.widths))
        width = packed_width(lengths)
        slots = packed_slots(lengths, width)
        batches = random_order(0, 0, len(lengths), batch_size)
        usual = usual_rows(lengths, width, batch_size)
        filled = [len(first_fit(lengths[batch], width, slots)) for batch in batches]
        rows = np.array([computed_rows(n, usual, batch_size, compiled=compiled) for n in filled])
        packed, packed_cost = _tokens(rows, np.full(len(rows), width))
        best: Packing = "on" if packed_cost < grouped_cost else "off"
        real = int(lengths.sum())
        return cls(best if asked == "auto" else asked, real / grouped, real / packed)

    @property
    def order(self) -> Order:
        """The order of `Batches`."""
        return "packed" if self.packing == "on" else "shuffled"

    def __str__(self) -> str:
        if self.windows:
            return worded(
                "Each text is read in windows, {windows:.1f} on average.", windows=self.windows
            )
        if self.packing == "on":
            return worded(
                "Several texts share a row: {packed:.0%} of the tokens computed are real, "
                "{grouped:.0%} if each had its own.",
                packed=self.packed,
                grouped=self.grouped,
            )
        return worded(
            "Each text has a row of its own, beside others of its length: {grouped:.0%} of the "
            "tokens computed are real, {packed:.0%} if several shared a row.",
            grouped=self.grouped,
            packed=self.packed,
        )


def _tokens(rows: np.ndarray, widths: np.ndarray) -> tuple[int, float]:
    """Return the tokens that batches of these shapes have, and what they cost."""
    tokens = rows * widths
    return int(tokens.sum()), float((tokens * (1 + widths / _EVEN_WIDTH)).sum())
