import numpy as np
import pytest
from inspected import found, labelled, severities

from kbert import Examples, Labels
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.printed_values import printed_value_findings


def messages(texts, names=("bad", "good")):
    ids = np.arange(len(texts)) % len(names)
    examples = Examples(texts, label_ids=ids, labels=Labels(names))
    return [str(finding) for finding in printed_value_findings(examples, examples.class_counts())]


@pytest.mark.parametrize("text", ["b'a film'", "['a', 'film']", "{'en': 'a film'}", "('a', 'b')"])
def test_texts_that_are_printed_python_values(text):
    (told,) = messages([text] * 9 + ["a film"])
    assert told.startswith("WARNING printed-values: Texts are printed Python lists")
    assert f"such as {text}," in told


@pytest.mark.parametrize("names", [("[0]", "[1, 27]"), ("tensor(0)", "tensor(1)"), ("{0}", "{1}")])
def test_labels_that_are_printed_python_values(names):
    (told,) = messages(["a film", "another"] * 5, names)
    assert told.startswith("WARNING printed-values: Labels are printed Python lists")


def test_a_few_brackets_are_not_printed_values():
    assert messages(["(laughs) a film", "[sic]", "'a film'", "b movie", "a film"]) == []


@pytest.mark.parametrize(
    "form", ["b'{}'", 'b"{}"', "['{}', 'x']", "{{'en': '{}'}}", "('{}', 'x')", '["{}"]']
)
@pytest.mark.parametrize(("share", "warned"), [(1, True), (0.5, False)])
def test_an_inspection_warns_about_printed_texts(form, share, warned, rows, read):
    for row in rows[: round(share * len(rows))]:
        row[0] = form.format(row[0])
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == ({"printed-values": "warning"} if warned else {})
    if warned:
        message = found(inspection)["printed-values"].message
        assert message.startswith("Texts are printed Python lists, dicts or bytes, such as ")


@pytest.mark.parametrize(
    ("names", "warned"),
    [
        (["[0]", "[27]", "[0, 27]"], True),
        (["b'bad'", "b'good'"], True),
        (["['a']", "['b', 'c']", "[]"], True),
        (["{'a'}", "{'b'}"], True),
        (["tensor(0)", "tensor(1)"], True),
        (["(sic)", "(so so)"], False),
        (["a[0]", "b[1]"], False),
        (["b", "c", "d", "[e]"], False),
    ],
    ids=str,
)
def test_an_inspection_warns_about_printed_labels(names, warned, rows, read):
    inspection = inspect_examples(read(labelled(rows, names)))
    assert ("printed-values" in severities(inspection)) == warned
    if warned:
        assert f"such as {names[0]}" in found(inspection)["printed-values"].message
