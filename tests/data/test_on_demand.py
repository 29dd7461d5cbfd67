import pytest

from kbert.data.on_demand import OnDemand


class Squares(OnDemand[int]):
    def __init__(self):
        self.computed = []

    def __len__(self):
        return 5

    def item(self, index):
        self.computed.append(index)
        return index**2


def test_items_are_those_of_a_list():
    squares, expected = Squares(), [0, 1, 4, 9, 16]
    assert list(squares) == expected
    assert [squares[-1], squares[0]] == [16, 0]
    for part in (slice(1, 3), slice(None, None, -2), slice(9, 20)):
        assert squares[part] == expected[part]
    assert 9 in squares


def test_nothing_is_computed_before_it_is_asked_for():
    squares = Squares()
    assert squares[3] == 9
    assert squares.computed == [3]


@pytest.mark.parametrize("index", [5, -6])
def test_an_index_beyond_the_end(index):
    with pytest.raises(IndexError):
        Squares()[index]
