"""The curve of a search for a learning rate."""

import numpy as np

from kbert.findings import worded
from kbert.reports.line_chart import Line, line_chart
from kbert.reports.svg import Svg
from kbert.results.rate_search import RateSearch


def rates_searched_chart(search: RateSearch) -> Svg:
    """Return the loss of each update, and its running mean, by the logarithm of the rate."""
    powers = np.log10(search.rates).tolist()
    lines = [
        Line(worded("loss"), powers, search.losses.tolist()),
        Line(worded("running mean"), powers, search.smoothed.tolist()),
    ]
    # A loss that has exploded would flatten all before it.
    start, least = float(search.losses[0]), float(search.smoothed.min())
    top = min(float(search.losses.max()), start + 2 * max(start - least, 0.1 * abs(start)))
    bottom = float(search.losses.min())
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
