"""How long texts are, beside what a model reads of them."""

from kbert.findings import worded
from kbert.reports.bar_chart import bar_chart
from kbert.reports.svg import Svg
from kbert.results.length_histogram import LengthHistogram


def lengths_chart(found: LengthHistogram, name: str) -> Svg:
    """Draw how many texts of a set have how many tokens.

    Args:
        found: LengthHistogram.
        name: str. What to call the set.
    """
    return bar_chart(
        found.edges,
        found.counts,
        title=worded("{name}: tokens of a text", name=name),
        x_label=worded("tokens, with the special ones"),
        y_label=worded("texts"),
        marks=[(found.most, worded("at most {most:,} are read", most=found.most))],
    )
