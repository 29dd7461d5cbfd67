import pytest

from kbert.checkpoints import save_interval
from kbert.checkpoints.save_interval import SaveInterval
from kbert.errors import InputError


@pytest.fixture
def clock(monkeypatch):
    """A clock whose seconds the test sets."""
    now = [1000.0]
    monkeypatch.setattr(save_interval.time, "monotonic", lambda: now[0])
    return now


def test_batches_count_from_the_last_checkpoint():
    interval = SaveInterval(steps=3)
    assert [interval.is_due(batches) for batches in (2, 3, 4)] == [False, True, True]
    interval.restart(4)
    assert [interval.is_due(batches) for batches in (6, 7)] == [False, True]


def test_minutes_count_from_the_last_checkpoint(clock):
    interval = SaveInterval(minutes=0.5)
    clock[0] += 29
    assert not interval.is_due(10**6)
    clock[0] += 1
    assert interval.is_due(0)
    interval.restart(0)
    assert not interval.is_due(0)


def test_whichever_interval_ends_first_counts(clock):
    interval = SaveInterval(steps=3, minutes=1)
    assert interval.is_due(3)
    clock[0] += 60
    assert interval.is_due(0)


def test_without_an_interval_nothing_is_due(clock):
    interval = SaveInterval()
    clock[0] += 10**6
    assert not interval.is_due(10**6)


@pytest.mark.parametrize("name", ["steps", "minutes"])
@pytest.mark.parametrize("value", [0, -1])
def test_an_interval_must_be_above_0(name, value):
    with pytest.raises(InputError, match=f"`every_{name}` must be above 0, or None. .*: {value}"):
        SaveInterval(**{name: value})
