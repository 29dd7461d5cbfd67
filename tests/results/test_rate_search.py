import json

import numpy as np
import pytest

from kbert import InputError
from kbert.results.rate_search import RateSearch, check_rates

RATES = 10.0 ** np.linspace(-7, -2, 51)  # ten to each power of ten


def bowl(least, noise=0.0):
    """A loss of 2 that falls from 1e-5 to a rate, and rises fast beyond it."""
    powers = np.log10(RATES)
    fall = np.clip((powers + 5) / (np.log10(least) + 5), 0, 1)
    rise = np.clip(powers - np.log10(least), 0, None)
    return 2 - fall + 5 * rise + noise * np.random.default_rng(0).normal(size=len(RATES))


def test_the_running_mean_is_bias_corrected():
    losses = np.array([2.0, 1.0, 4.0])
    expected = [2.0, (0.9 * 0.2 + 0.1) / 0.19, (0.81 * 0.2 + 0.09 + 0.4) / 0.271]
    np.testing.assert_allclose(RateSearch(RATES[:3], losses).smoothed, expected)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_tenth_of_the_rate_of_the_lowest_loss_is_suggested(noise):
    search = RateSearch(RATES, bowl(1e-3, noise))
    assert 0.8e-3 <= search.lowest <= 2e-3  # the running mean lags behind
    assert search.suggested == search.lowest / 10
    assert 1e-5 < search.steepest <= search.lowest
    assert not search.ends_falling
    assert "peak learning rate, a tenth of the rate of the lowest loss: 0.0001" in str(search)


def test_a_suggestion_that_would_be_reported_says_so():
    rates = 10.0 ** np.linspace(-4, 0, 41)
    losses = 2 - 0.04 * np.arange(41)  # still falling at a rate of 1
    assert "reported as unusual-rate: keep to 1e-4" in str(RateSearch(rates, losses))
    assert "unusual-rate" not in str(RateSearch(rates / 100, losses))


@pytest.mark.parametrize("losses", [np.full(51, 2.0), 2 + 0.05 * np.sin(np.arange(51) * 2)])
def test_nothing_is_suggested_if_no_rate_lowers_the_loss(losses):
    search = RateSearch(RATES, losses)
    assert (search.lowest, search.steepest, search.suggested) == (None, None, None)
    assert "has not clearly fallen at any of them: no suggestion." in str(search)
    assert search.to_dict()["suggested"] is None


@pytest.mark.parametrize("updates", [12, 30, 100])
def test_noise_is_no_fall(updates):
    """A search over rates that are all too low: about one in a hundred may look like a fall."""
    rates = 10.0 ** np.linspace(-7, -6, updates)
    noise = np.random.default_rng(0).normal(1.4, 0.05, size=(200, updates))
    suggested = [RateSearch(rates, losses).suggested for losses in noise]
    assert sum(one is not None for one in suggested) <= 4


def test_a_loss_still_falling_at_the_end_is_reported():
    search = RateSearch(RATES, np.linspace(2, 1, 51))
    assert search.ends_falling
    assert "at the highest rate: search further up, by highest=0.1." in str(search)
    assert json.loads(json.dumps(search.to_dict()))["ends_falling"] is True


def test_a_search_that_ended_at_once_suggests_nothing():
    assert RateSearch(RATES[:2], np.array([2.0, 1.0])).suggested is None


@pytest.mark.parametrize("rates", [(0, 1e-2), (1e-2, 1e-3), (1e-2, 1e-2), (1e-7, float("inf"))])
def test_rates_that_do_not_grow_are_refused(rates):
    with pytest.raises(InputError, match=r"must be above 0, and `highest` above `lowest`\. Receiv"):
        check_rates(*rates, 100)


def test_a_search_of_one_update_is_refused():
    with pytest.raises(InputError, match="`updates` must be 2 or more. Received: 1"):
        check_rates(1e-7, 1e-2, 1)
