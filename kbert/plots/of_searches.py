"""The curve of a learning rate search."""

from kbert.reports.rates_searched import rates_searched_chart
from kbert.reports.svg import Svg
from kbert.results.rate_search import RateSearch


def rate_search(search: RateSearch) -> Svg:
    """Draw the losses of a search by the logarithm of the rate, and the rate that it suggests.

    Args:
        search: RateSearch, as returned by `kbert.find_learning_rate`.
    """
    return rates_searched_chart(search)
