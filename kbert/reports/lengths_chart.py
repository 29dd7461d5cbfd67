"""How long texts are, compared with how much of them a model reads."""

from kbert.findings import worded
from kbert.reports.bar_chart import bar_chart
from kbert.reports.svg import Svg
from kbert.results.length_histogram import LengthHistogram


def lengths_chart(found: LengthHistogram, name: str) -> Svg:
    """Draw a histogram of the token counts of a set's texts.

    Args:
        found: LengthHistogram.
        name: str. What to call the set.
    """
    return bar_chart(
        found.edges,
        found.counts,
        title=worded("{name}: tokens of a text", name=name),
        x_label=worded("tokens, including the special ones"),
        y_label=worded("texts"),
        marks=[(found.most, worded("at most {most:,} are read", most=found.most))],
    )
