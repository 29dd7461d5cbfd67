"""Several labels joined by a separator that was not specified."""

import pytest
from inspected import found, labelled, severities

from kbert import InputError, read_examples
from kbert.data.inspection.inspect_examples import inspect_examples


@pytest.mark.parametrize(
    ("names", "separator"),
    [
        (["rude;loud", "rude;long", "loud; long", "rude"], ";"),
        (["rude|loud", "loud|long", "long|rude"], "|"),
        (["a, b", "b, c", "a, c", "c"], ","),
        (["Price / App", "App / Quality", "Price / Quality / App", "Price"], "/"),
        (["价格、质量", "质量、服务", "价格、服务"], "、"),
        (["read/write", "and/or", "he/she"], None),
        (["sports|football", "sports|tennis", "news|local", "news|world"], None),
        (["Arts, crafts", "Food, drink", "Home, garden"], None),
        (["rude;loud", "loud;rude", "long"], None),  # too few to tell
        (["good", "bad", "fair"], None),
    ],
)
@pytest.mark.parametrize("target", [None, "multi"])
def test_joined_labels(names, separator, target, rows, read):
    inspection = inspect_examples(read(labelled(rows, names), target=target))
    assert ("labels-joined" in severities(inspection)) == (separator is not None)
    if separator is not None:
        assert found(inspection)["labels-joined"].cure.settings == {"label_separator": separator}


def test_decimal_commas_join_no_labels(rows, read):
    file = labelled(rows, ["0,1", "0,2", "1,0", "1,2", "2,0"])
    assert "labels-joined" not in severities(inspect_examples(read(file, target="single")))
    with pytest.raises(InputError, match="are numbers, some with fractions") as error:
        read(file)
    cures = [one.settings for one in error.value.cure.otherwise]
    assert cures == [{"target": "single"}, {"label_separator": ","}]


def test_separated_labels_are_not_reported_as_joined(rows, read, tmp_path):
    source = ([text for text, _ in rows], ["a;b", "b;c", "a;c", "c"] * 50)
    examples = read_examples(source, label_separator=";")
    assert "labels-joined" not in severities(inspect_examples(examples))


def test_several_columns_need_a_target():
    columns = {"text": ["x", "y"], "a": [1, 0], "b": [0, 1]}
    with pytest.raises(InputError, match="must name one column, unless `target` says") as error:
        read_examples(columns, label="a,b")
    cure = error.value.cure
    cures = [cure.settings, *(other.settings for other in cure.otherwise)]
    assert cures == [{"target": "multi"}, {"target": "soft"}, {"target": "regression"}]
    with pytest.raises(InputError, match="has no column 'a,c'"):
        read_examples(columns, label="a,c")
