import pytest

from kbert import InputError, KbertError
from kbert.data.reading.columns import Columns
from kbert.data.reading.found_target import found_target
from kbert.data.reading.rows import Row, Table
from kbert.targets.multi import Multi
from kbert.targets.single import Single


def table(*labels, end=None):
    def rows():
        for number, label in enumerate(labels, start=1):
            yield Row(number, number, ("a text", label))
        if end is not None:
            raise end

    return Table("a.jsonl", ["text", "label"], rows())


@pytest.mark.parametrize(
    ("labels", "target"),
    [
        (("good", "bad"), Single()),
        ((3, 4), Single()),
        ((1.5, 2.5), Single()),  # numbers alone are never taken for anything else
        ((["a", "b"], []), Multi()),
        ((None, ["a"]), Multi()),  # decided by the first label that is present
        ((), Single()),
    ],
)
def test_the_first_label_determines_the_target(labels, target):
    found, given_back = found_target(table(*labels), Columns(("text", "label"), 0, 1, 1))
    assert found == target
    assert [row.cells[1] for row in given_back.rows] == list(labels)


def test_an_error_in_a_later_row_is_raised_at_that_row():
    error = InputError("a double quote is never closed")
    _, given_back = found_target(table(None, None, end=error), Columns(("text", "label"), 0, 1, 1))
    rows = iter(given_back.rows)
    assert [next(rows).number, next(rows).number] == [1, 2]
    with pytest.raises(KbertError, match="never closed"):
        next(rows)
