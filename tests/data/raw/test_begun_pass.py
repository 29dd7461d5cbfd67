"""A pass over data whose first item has been looked at."""

from kbert.data.raw.begun_pass import BegunPass


def test_no_item_is_lost_or_read_twice():
    begun = []

    def begin():
        begun.append(1)
        yield from "abc"

    items = BegunPass(begin)
    assert items.first == "a"
    assert [list(items), list(items)] == [["a", "b", "c"]] * 2
    assert len(begun) == 2


def test_an_iterator_is_read_once():
    given = iter("ab")
    items = BegunPass(lambda: given)
    assert [list(items), list(items)] == [["a", "b"], []]
    assert BegunPass(lambda: iter(())).first is None
