"""A part of an epoch that has been trained."""

from typing import NamedTuple


class Segment(NamedTuple):
    """Consecutive batches of one size, all of one epoch.

    An epoch has more than one segment where it was interrupted and resumed with another batch
    size.
    """

    batch_size: int
    batches: int
