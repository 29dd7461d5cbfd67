"""The copy of the weights to fall back to: only finite ones, and not too often."""

import keras
import numpy as np
import pytest

from kbert.callbacks.watches.last_good_weights import LastGoodWeights

pytestmark = pytest.mark.keras

GOOD = [np.float32([[1, 2], [3, 4]]), np.float32([5, 6])]


@pytest.fixture
def clock(monkeypatch):
    """The time in seconds, in a list; only the tests advance it."""
    now = [100.0]
    path = "kbert.callbacks.watches.last_good_weights.time.monotonic"
    monkeypatch.setattr(path, lambda: now[0])
    return now


@pytest.fixture
def model():
    made = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
    made.set_weights(GOOD)
    return made


def same(weights, others):
    return all(map(np.array_equal, weights, others))


def plus(number):
    return [weights + np.float32(number) for weights in GOOD]


def test_the_first_copy_has_the_initial_weights(model, clock):
    kept = LastGoodWeights(model, 7)
    model.set_weights(plus(1))
    kept.restore(model)
    assert same(model.get_weights(), GOOD)
    assert kept.updates == 7


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_non_finite_weights_are_never_kept(value, model, clock):
    kept = LastGoodWeights(model, 0)
    model.set_weights(plus(1))
    kept.keep(model, 1)
    spoiled = plus(2)
    spoiled[1][0] = value  # one is enough
    model.set_weights(spoiled)
    kept.keep(model, 2)
    assert kept.updates == 1
    kept.restore(model)
    assert same(model.get_weights(), plus(1))


def test_slow_copies_are_made_rarely(model, clock, monkeypatch):
    """A copy that takes 0.5 s is made every 100 s: 0.5% of the time."""
    get_weights = model.get_weights

    def slow():
        clock[0] += 0.5
        return get_weights()

    monkeypatch.setattr(model, "get_weights", slow)
    kept = LastGoodWeights(model, 0)
    model.set_weights(plus(1))
    clock[0] += 99.9
    kept.keep(model, 1)
    assert kept.updates == 0
    kept.restore(model)
    assert same(get_weights(), GOOD)
    model.set_weights(plus(2))
    clock[0] += 0.1
    kept.keep(model, 2)
    assert kept.updates == 2
    clock[0] += 99.9
    kept.keep(model, 3)
    assert kept.updates == 2


def test_non_finite_weights_are_read_as_rarely(model, clock, monkeypatch):
    kept = LastGoodWeights(model, 0)
    spoiled, looks = [np.full_like(weights, np.nan) for weights in GOOD], []

    def slow():
        looks.append(clock[0])
        clock[0] += 0.5
        return spoiled

    monkeypatch.setattr(model, "get_weights", slow)
    for _ in range(300):
        kept.keep(model, 1)
        clock[0] += 1.0
    assert np.diff(looks) == pytest.approx([100.5, 100.5])
