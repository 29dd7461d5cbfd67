import pytest
from inspected import found, severities

from kbert import read_examples
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.odd_texts import odd_text_findings

KINDS = {
    "texts-are-numbers": ["10023", "17", "-2.5", "1e5"],
    "texts-without-letters": ["2024-01-02 03:04", "0.12 0.34 -0.5", "😀 😃", "48.1, 11.6"],
    "texts-are-ids": [
        *("cfcd208495d565ef66e7dff9f98764da", "A-10023", "d432f8db-a69c-14aa", "u1@example.com"),
        "https://example.com/1?q=2",
    ],
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in KINDS.items() for text in texts]
)
def test_texts_that_are_not_language_are_reported(code, text):
    examples = read_examples(([text] * 20, ["x", "y"] * 10))
    (found,) = odd_text_findings(examples)
    assert (found.code, found.severity) == (code, "warning")
    assert repr(text[:40]) in found.message
    assert found.cure.settings == {"text": "NAME"}


@pytest.mark.parametrize(
    "text", ["Good.", "good", "2 good films", "😀 nice", "这部电影很好看2", "film1", "C3PO"]
)
def test_texts_that_may_be_language_are_not_reported(text):
    assert odd_text_findings(read_examples(([text] * 20, ["x", "y"] * 10))) == []


def test_second_texts_are_examined_too():
    examples = read_examples((["good film"] * 20, ["2024-01-02"] * 20, ["x", "y"] * 10))
    (found,) = odd_text_findings(examples)
    assert (found.code, found.cure.settings) == ("texts-without-letters", {"pair": "NAME"})


@pytest.mark.parametrize(("numbers", "warned"), [(200, True), (180, True), (179, False)])
def test_texts_that_are_numbers(numbers, warned, rows, read):
    for place, row in enumerate(rows[:numbers]):
        row[0] = f"{place}.5"
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == ({"texts-are-numbers": "warning"} if warned else {})
    if warned:
        finding = found(inspection)["texts-are-numbers"]
        assert finding.message == (f"{numbers} of the first 200 texts are numbers, such as '0.5'.")
        assert finding.cure.settings == {"text": "NAME"}
