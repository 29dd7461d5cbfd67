"""The results for the best setting of a sweep."""

from types import SimpleNamespace

import pytest
import scipy.stats

from kbert.sweeps.choice import Choice


def trial(number, *scores):
    return SimpleNamespace(
        number=number,
        state="complete",
        setting={"learning_rate": 10.0**-number},
        scores=lambda: dict(enumerate(scores)),
    )


@pytest.mark.parametrize("scores", [(0.8,), (0.7, 0.9)])
def test_the_first_of_equal_means_is_taken(scores):
    sweep = SimpleNamespace(minimizes=False, seeds=range(len(scores)))
    choice = Choice.of([trial(3, *scores), trial(4, *reversed(scores))], sweep)
    assert str(choice) == (
        "The best mean is that of learning_rate=0.001. learning_rate=0.0001 has the same mean; the "
        "first of the two is taken."
    )


def test_a_lone_setting_was_compared_with_none():
    sweep = SimpleNamespace(minimizes=False, seeds=(0,))
    assert str(Choice.of([trial(3, 0.8)], sweep)) == (
        "The best mean is that of learning_rate=0.001. No other has all its seeds, so it has been "
        "compared with none."
    )


def test_the_interval_is_that_of_a_paired_t_test():
    best, second = [0.83, 0.81, 0.86, 0.80], [0.80, 0.82, 0.81, 0.79]
    sweep = SimpleNamespace(minimizes=False, seeds=range(4))
    choice = Choice.of([trial(3, *second), trial(4, *best)], sweep)
    expected = scipy.stats.ttest_rel(best, second).confidence_interval(0.95)
    low, high = choice.difference - choice.half_width, choice.difference + choice.half_width
    assert (low, high) == pytest.approx((expected.low, expected.high))
    assert "these seeds do not tell the two apart" in str(choice)
    losses = SimpleNamespace(minimizes=True, seeds=range(4))
    assert Choice.of([trial(3, *second), trial(4, *best)], losses).best.number == 3
