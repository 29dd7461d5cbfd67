import pytest

from kbert.runs.try_batches import trials

SIZES = [1, 2, 4, 8, 16, 32]


class Machine:
    """A process whose steps take more memory for more rows."""

    def __init__(self, base, per_row, fails_above=10**9):
        self.base, self.per_row, self.fails_above = base, per_row, fails_above
        self.tried = []
        self.peak = base

    def step(self, rows):
        self.tried.append(rows)
        if rows > self.fails_above:
            raise MemoryError
        self.peak = max(self.peak, 500 + self.per_row * rows)

    def memory(self):
        return self.peak

    def fitting(self, limit):
        return [trial.rows for trial in trials(SIZES, self.step, self.memory, limit)]


def test_the_largest_batch_is_tried_if_it_needs_most_of_the_limit():
    machine = Machine(base=500, per_row=10)
    assert machine.fitting(limit=1000) == SIZES
    assert machine.tried == SIZES


def test_a_batch_that_needs_far_less_than_the_limit_is_not_tried():
    machine = Machine(base=500, per_row=10)
    assert machine.fitting(limit=10**4) == [1, 2, 4, 32]
    assert machine.tried == [1, 2, 4]


def test_a_batch_that_would_exceed_the_limit_is_not_tried():
    machine = Machine(base=500, per_row=100)
    assert machine.fitting(limit=1500) == [1, 2, 4, 8]
    assert machine.tried == [1, 2, 4, 8]


@pytest.mark.parametrize("limit", [590, 650])
def test_a_batch_that_was_tried_and_exceeds_the_limit_does_not_fit(limit):
    machine = Machine(base=500, per_row=100)
    assert machine.fitting(limit) == [1] * (limit >= 600)


def test_growth_is_unknown_while_building_took_more_than_a_step():
    machine = Machine(base=800, per_row=20)  # hides batches of up to 15 rows
    assert machine.fitting(limit=1000) == [1, 2, 4, 8, 16]
    assert machine.tried == SIZES


def test_a_device_has_its_own_limit():
    machine = Machine(base=500, per_row=10, fails_above=10)
    assert machine.fitting(limit=None) == [1, 2, 4, 8]
    assert machine.tried == [1, 2, 4, 8, 16]


def test_another_failure_is_not_taken_for_a_lack_of_memory():
    def step(rows):
        raise ValueError("no such model")

    with pytest.raises(ValueError, match="no such model"):
        list(trials(SIZES, step, lambda: 0, 10**9))
