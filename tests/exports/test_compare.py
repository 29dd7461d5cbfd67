import numpy as np
import pytest

from kbert import Examples, KbertError, Labels
from kbert.exports.compare import TOLERANCE, compare

LABELS = Labels(("bad", "good"))


def probabilities(texts, pairs=None):
    """Texts with an even number of characters are good."""
    share = np.array([0.9 if len(text) % 2 == 0 else 0.2 for text in texts], np.float32)
    return np.stack([1 - share, share], axis=1)


def shifted(by, where=None):
    def compute(texts, pairs=None):
        computed = probabilities(texts)
        rows = [where is None or text == where for text in texts]
        computed[rows] += [by, -by]
        return computed

    return compute


@pytest.fixture
def dev():
    """A labelled set in which every third label contradicts `probabilities`."""
    texts = ["x" * number for number in range(1, 601)]
    right = np.array([number % 2 == 0 for number in range(1, 601)])
    wrong = np.arange(600) % 3 == 0
    return Examples(texts, label_ids=(right ^ wrong).astype(np.int32), labels=LABELS)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"123")
    return tmp_path


def test_the_result_of_a_comparison(path, dev):
    seen = compare(path, probabilities, shifted(TOLERANCE / 2), dev)
    assert (seen.texts, seen.agreeing, seen.size) == (207, 207, 8)
    assert seen.greatest == pytest.approx(TOLERANCE / 2, rel=1e-3)
    assert seen.per_second > 0
    assert seen.accuracy is None
    assert str(seen).startswith("Verified (0.0 MB): same label on 207 of 207 texts, probabilities ")


@pytest.mark.parametrize("text", ["ο ΔΡΟΜΟΣ", "a \ue000"], ids=ascii)
def test_a_letter_that_programs_normalize_differently_is_named(path, text):
    dev = Examples([text, "plain"], label_ids=np.array([0, 1], np.int32), labels=LABELS)
    with pytest.raises(KbertError) as refused:
        compare(path, probabilities, shifted(0.1, text), dev)
    assert f"The model normalizes {text[-1]!r} as Google does, which other " in str(refused.value)
    assert "Cure: replace them in the texts, here and for the other program" in str(refused.value)
    with pytest.raises(KbertError) as refused:
        compare(path, probabilities, shifted(0.1, "plain"), dev)
    assert "Google" not in str(refused.value)


def test_rows_from_the_whole_set_are_compared(path, dev):
    asked = []

    def remember(texts, pairs):
        asked.append((texts, pairs))
        return probabilities(texts)

    compare(path, probabilities, remember, dev)
    texts, pairs = asked[0]
    assert pairs is None
    assert len(set(texts)) == 207
    assert {"x", "x" * 600} <= set(texts)
    compare(path, probabilities, remember, Examples(["a", "b"], ["c", "d"], dev.label_ids[:2]))
    texts, pairs = asked[-1]
    assert (texts[:2], pairs[:2], len(texts), len(pairs)) == (["a", "b"], ["c", "d"], 9, 9)
    compare(path, probabilities, remember, None)
    assert len(asked[-1][0]) == 7


@pytest.mark.parametrize("by", [2 * TOLERANCE, np.nan, np.inf])
def test_one_text_that_differs_is_enough(by, path, dev):
    with pytest.raises(KbertError, match="For the text 'xx' the model .* at most 0.0001"):
        compare(path, probabilities, shifted(by, where="xx"), dev.take(np.arange(9)))


def test_a_different_number_of_classes_is_refused(path):
    def three(texts, pairs):
        return np.full((len(texts), 3), 1 / 3)

    with pytest.raises(KbertError, match=r"have the shape \(7, 3\), the model's have \(7, 2\)"):
        compare(path, probabilities, three, None)


def test_differences_of_an_inexact_export_are_reported(path, dev):
    seen = compare(path, probabilities, shifted(0.7), dev, exact=False)
    assert str(seen).startswith("Compared (0.0 MB): ")
    assert seen.greatest == pytest.approx(0.7)
    assert seen.agreeing < 207
    before, after = seen.accuracy
    assert before == pytest.approx(2 / 3)
    assert after == pytest.approx(1 / 2)
    assert seen.rows == 600
    assert str(seen).endswith("Accuracy on 600 rows: 0.6667 before, 0.5000 after.")
    assert compare(path, probabilities, shifted(0.7), None, exact=False).accuracy is None


def test_an_export_that_cannot_be_reopened_is_not_verified(path, dev):
    seen = compare(path, probabilities, None, dev)
    assert str(seen) == "Not verified (0.0 MB): reopening it needs transformers and torch."
