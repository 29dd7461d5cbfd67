import pytest

from kbert import InputError
from kbert.data.reading.label_columns import check_several, label_names_of
from kbert.data.reading.rows import Table

TABLE = Table("a.csv", ["text", "rude", "loud", "a,b"], iter(()))


@pytest.mark.parametrize(
    ("label", "several", "names"),
    [
        ("rude, loud", True, ["rude", "loud"]),
        (["rude", 2], True, ["rude", 2]),
        ("a,b", True, ["a,b"]),  # a column of that name
        ("rude", False, ["rude"]),
    ],
)
def test_the_columns_that_are_named(label, several, names):
    assert label_names_of(TABLE, label, several) == names


@pytest.mark.parametrize("label", [["rude", "loud"], "rude,loud"])
def test_several_columns_for_one_class_are_refused(label):
    with pytest.raises(InputError, match="must name one column, unless `target` says what"):
        label_names_of(TABLE, label, False)


def test_no_column_is_named():
    with pytest.raises(InputError, match="names no column"):
        label_names_of(TABLE, [], True)


@pytest.mark.parametrize("labels", [[1, 1], [1, 0]])
def test_a_column_that_is_named_twice(labels):
    with pytest.raises(InputError, match="was named twice"):
        check_several(TABLE, {"text": 0, "label": 1}, labels)
    check_several(TABLE, {"text": 0, "label": 1}, [1, 2])
