"""Sets the latest rows aside for evaluation."""

import numpy as np

from kbert.data.reading.split_units import SplitUnits
from kbert.errors import InputError
from kbert.findings import Cure, Text


def split_by_time(units: SplitUnits, times: np.ndarray, share: float, source: Text) -> np.ndarray:
    """Return which rows to set aside: the latest, as near to the share as equal times allow.

    The rows of a unit stay together, at the time of the earliest: a text that is written again
    later is not a new text. Of two cuts that are equally near, the one that sets fewer rows aside
    is taken.

    Args:
        units: SplitUnits.
        times: float or datetime64 array [rows].
        share: float. The share of the rows to set aside.
        source: Text. The name that the message uses.

    Raises:
        InputError: all rows have the same time.
    """
    distinct, places = np.unique(times, return_inverse=True)
    first = np.full(len(units.marks), len(distinct))
    np.minimum.at(first, units.of_rows, places)
    row_first = first[units.of_rows]
    used, rows = np.unique(row_first, return_counts=True)
    if len(used) < 2:
        raise InputError(
            "{source}: all rows are of one time ({time}), so none are later than others."
            if len(distinct) < 2
            else "{source}: rows of all times have texts, or groups, that occur at the first time.",
            source=source,
            time=time_name(distinct[0]),
            cure=Cure({"split_by_time": "NAME"}, note="if another column holds the times"),
        )
    later = np.cumsum(rows[::-1])[::-1][1:]  # rows that each cut sets aside
    gaps = np.abs(later - share * len(times))
    cut = used[1:][gaps == gaps.min()][-1]
    return row_first >= cut


def time_name(time: np.float64 | np.datetime64) -> str:
    """Return a time as it is written: a number, a day, or a day and its time."""
    if isinstance(time, np.datetime64):
        text = str(np.datetime_as_string(time, unit="us"))
        return text.removesuffix(".000000").removesuffix("T00:00:00")
    return f"{time:g}" if abs(time) < 1e6 and time % 1 else f"{time:.0f}"
