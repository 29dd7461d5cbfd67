"""The results for the best setting of a sweep."""

from types import SimpleNamespace

import pytest

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
