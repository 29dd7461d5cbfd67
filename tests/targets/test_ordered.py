import pytest

from kbert import read_examples
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.errors import InputError
from kbert.results.ordered_evaluation import OrderedEvaluation
from kbert.targets.known_targets import target_of
from kbert.targets.ordered import Ordered
from kbert.targets.single import Single

TEXTS = ["A joy.", "So so.", "Dull.", "Fine."]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([2, 10, 1, 2], ("1", "2", "10")),
        (["10 stars", "2 stars", "1 star", "2 stars"], ("1 star", "2 stars", "10 stars")),
        (["3.5", "1", "-2", "3"], ("-2", "1", "3", "3.5")),
        (["2 - fair", "1 - bad", "3 - good", "1 - bad"], ("1 - bad", "2 - fair", "3 - good")),
        (["2星", "1星", "10星", "1星"], ("1星", "2星", "10星")),
    ],
)
def test_labels_are_ordered_by_their_numbers(values, names):
    examples = read_examples((TEXTS, values), target="ordered")
    assert examples.labels.names == names
    assert [names[number] for number in examples.label_ids] == [str(value) for value in values]


@pytest.mark.parametrize("name", ["good", "", "v1", "1.2.3"])
def test_names_without_a_number_are_refused(name):
    values = ["1 bad", "2 fair", name, "1 bad"]
    with pytest.raises(
        InputError, match="'(good|v1|1.2.3)' is not a number and does not begin|is missing"
    ):
        read_examples((TEXTS, values), target="ordered")


def test_two_labels_with_the_same_number_are_refused():
    values = ["5", "4", "5 - very happy", "4"]
    with pytest.raises(InputError, match="'5' and '5 - very happy' have the same number"):
        read_examples((TEXTS, values), target="ordered")
    read_examples((TEXTS, ["5", "4", "5,0", "4"]), target="ordered")  # variants, which are reported


def test_given_labels_keep_their_order():
    labels = ("bad", "fair", "good")
    examples = read_examples(
        (TEXTS, ["good", "fair", "bad", "fair"]), labels=labels, target="ordered"
    )
    assert examples.label_ids.tolist() == [2, 1, 0, 1]


def test_is_stored_and_scored():
    target = target_of({"kind": "ordered"})
    assert target == Ordered() != Single()
    assert target.to_dict() == {"kind": "ordered"}
    examples = read_examples((TEXTS, [1, 2, 3, 2]), target="ordered")
    raw = [[9, 0, 0], [0, 9, 0], [9, 0, 0], [0, 9, 0]]
    scores = target.scores(raw, examples.y, examples.labels.names)
    assert isinstance(scores, OrderedEvaluation)
    assert scores.mae == 0.5


def test_is_inspected_like_classes():
    texts = [f"film number {n}" for n in range(100)]
    examples = read_examples((texts, [5] * 95 + [1] * 5), target="ordered")
    inspection = inspect_examples(examples)
    assert {"imbalance", "rare-class"} <= {finding.code for finding in inspection.findings}
    assert inspection.to_dict()["target"] == "ordered"
