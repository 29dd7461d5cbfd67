import numpy as np
import pytest

from kbert import Examples, Labels
from kbert.data.inspection.printed_values import printed_value_findings


def found(texts, names=("bad", "good")):
    ids = np.arange(len(texts)) % len(names)
    examples = Examples(texts, label_ids=ids, labels=Labels(names))
    return [str(finding) for finding in printed_value_findings(examples, examples.class_counts())]


@pytest.mark.parametrize("text", ["b'a film'", "['a', 'film']", "{'en': 'a film'}", "('a', 'b')"])
def test_texts_that_python_has_printed(text):
    (told,) = found([text] * 9 + ["a film"])
    assert told.startswith("WARNING printed-values: Texts are what Python prints")
    assert f"such as {text}," in told


@pytest.mark.parametrize("names", [("[0]", "[1, 27]"), ("tensor(0)", "tensor(1)"), ("{0}", "{1}")])
def test_labels_that_python_has_printed(names):
    (told,) = found(["a film", "another"] * 5, names)
    assert told.startswith("WARNING printed-values: Labels are what Python prints")


def test_a_few_brackets_are_none():
    assert found(["(laughs) a film", "[sic]", "'a film'", "b movie", "a film"]) == []
