"""The curve of a search for a learning rate."""

import numpy as np

from kbert.findings import worded
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.svg import Svg
from kbert.results.rate_search import RateSearch


def rates_searched_chart(search: RateSearch) -> Svg:
    """Return the loss of each update, and its running mean, by the logarithm of the rate."""
    powers = np.log10(search.rates).tolist()
    # A loss that has exploded would flatten all before it.
    first = search.losses[: max(len(search.losses) // 4, 1)]
    start, noise = float(first.mean()), float(first.std())
    room = max(2 * (start - float(search.smoothed.min())), 4 * noise, 0.1 * abs(start))
    top, bottom = min(float(search.losses.max()), start + room), float(search.losses.min())
    lines = [
        Line(worded("loss"), powers, np.minimum(search.losses, top).tolist()),
        Line(worded("running mean"), powers, np.minimum(search.smoothed, top).tolist()),
    ]
    if search.suggested is not None:
        at = float(np.log10(search.suggested))
        lines.append(Line(worded("suggested"), [at, at], [bottom, top]))
    return line_chart(
        lines,
        title=worded("Loss by learning rate"),
        x_label=worded("learning rate, as a power of ten"),
        y_label=worded("loss"),
        y_limits=(bottom, top),
    )
