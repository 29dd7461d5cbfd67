"""Effects of words, tested with a model that counts words."""

import base64
import hashlib
import re

import numpy as np
import pytest
from reports.hand_made import report_of
from reports.test_page import HOSTILE, Elements

from kbert import InputError, Predictor, explain
from kbert.reports.page import page
from kbert.results.prediction import Prediction
from kbert.targets.multi import Multi
from kbert.targets.regression import Regression

WORTH = {"good": 0.3, "dull": -0.2, "很": 0.1}


def counting(texts, pairs, batch_size):
    """Return 0.5 plus the worth of each word as the probability; the second text counts half."""
    both = zip(texts, pairs or [""] * len(texts), strict=True)
    good = [0.5 + worth(text) + worth(pair) / 2 for text, pair in both]
    return np.stack([1 - np.array(good), good], axis=1)


def worth(text):
    return sum(value for word, value in WORTH.items() for _ in re.findall(word, text))


@pytest.fixture
def predictor():
    return Predictor(["no", "yes"], counting)


def effects(found):
    return {word.word: round(word.effect, 6) for word in found.words if word.effect}


def test_effect_of_a_word_is_what_removing_it_costs(predictor):
    found = explain(predictor, "A good film, but dull; 很 .")
    assert (found.label, found.output) == ("yes", pytest.approx(0.7))
    assert effects(found) == {"good": 0.3, "dull": -0.2, "很": 0.1}
    assert [word.word for word in found.strongest[:3]] == ["good", "dull", "很"]
    lines = str(found).splitlines()
    assert lines[0] == "yes: probability 0.7"
    assert lines[2].split() == ["+0.3000", "good"]


def test_explains_another_label_with_the_words_of_both_texts(predictor):
    found = explain(predictor, "good", "A good one", label="no")
    assert found.output == pytest.approx(0.05)
    # Without its only word the first text would be empty.
    assert [(word.word, word.is_of_pair) for word in found.words] == [
        ("good", False),
        ("A", True),
        ("good", True),
        ("one", True),
    ]
    assert found.words[0].effect is None
    assert found.words[2].effect == pytest.approx(-0.15)
    assert "(second text)" in str(found)


def test_several_labels_and_numbers():
    several = Predictor(["no", "yes"], counting, target=Multi())
    assert explain(several, "dull and good").label == "yes"
    number = Predictor(["stars"], lambda *given: counting(*given)[:, 1:] * 10, target=Regression())
    found = explain(number, "a good film")
    assert found.summary == "stars: predicted 8"
    assert effects(found) == {"good": 3.0}
    numbers = Predictor(["a", "b"], counting, target=Regression())
    with pytest.raises(InputError, match="predicts several numbers: a, b. Name one"):
        explain(numbers, "a good film")
    assert explain(numbers, "a good film", label="b").output == pytest.approx(0.8)


def test_explains_at_most_max_words(predictor):
    found = explain(predictor, "good " * 9, max_words=4)
    assert len(found.words) == 4
    assert "Only the first 4 words" in str(found)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"text": "good"}, "no word that can be left out"),
        (
            {"text": "a good one", "label": "maybe"},
            "`label` must be one of the model's labels: no, yes",
        ),
        ({"text": " "}, "blank|empty"),
        ({"text": None}, "text"),
        ({"text": "a good one", "max_words": 0}, "`max_words` must be"),
    ],
)
def test_refuses_what_cannot_be_explained(given, message, predictor):
    with pytest.raises(InputError, match=message):
        explain(predictor, **given)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_markup_in_texts_and_labels_is_escaped(hostile):
    model = Predictor([hostile, "no"], lambda *given: counting(*given)[:, ::-1])
    plain = explain(Predictor(["yes", "no"], model._compute), "a good film <x>")
    found = explain(model, f"a good film {hostile}", f"{hostile} dull")
    for text, other in (
        (found.to_html(), plain.to_html()),
        (found._repr_html_(), plain._repr_html_()),
    ):
        elements = Elements(text)
        assert elements.open == []
        assert set(elements.tags) <= set(Elements(other).tags)
        assert set(elements.attributes) <= set(Elements(other).attributes)


def test_page_policy_allows_only_its_own_style(predictor):
    text = explain(predictor, "A good film, but dull").to_html()
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "style" not in Elements(text).attributes
    assert '<span class="for for5" title="+0.3000">good</span>' in text
    assert '<span class="against against3" title="-0.2000">dull</span>' in text


def test_page_has_the_same_metadata_as_a_report(predictor):
    own, report = (
        re.findall("<meta.*>", re.sub("; script-src '[^']*'|sha256-[^']*", "", text))
        for text in (explain(predictor, "A good film").to_html(), page(report_of()))
    )
    assert own == report
    assert "prefers-color-scheme:dark" in explain(predictor, "A good film").to_html()


def test_to_dict_is_plain_data(predictor):
    found = explain(predictor, "A good film").to_dict()
    assert found["words"][1] == {
        "word": "good",
        "start": 2,
        "end": 6,
        "effect": pytest.approx(0.3),
        "is_of_pair": False,
    }
    assert isinstance(predictor.predict(["good"])[0], Prediction)
