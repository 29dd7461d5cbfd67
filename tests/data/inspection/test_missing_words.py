import pytest

from kbert.data.inspection.missing_words import is_told_missing, looks_missing


@pytest.mark.parametrize("name", ["nan", "NULL", " None ", "#N/A", "n.a.", "--", "?", "缺失"])
def test_words_of_programs_and_people_look_missing(name):
    assert looks_missing(name)


@pytest.mark.parametrize("name", ["0", "no", "neutral", "nanometre", "positive", "非", ""])
def test_class_names_do_not_look_missing(name):
    assert not looks_missing(name)


@pytest.mark.parametrize(
    ("text", "told"),
    [("NaN", True), ("null", True), ("missing", False), ("?", False), ("-", True), ("–", True)],
)
def test_a_text_may_be_a_word_that_a_class_may_not(text, told):
    assert is_told_missing(text) is told
    assert not is_told_missing(text + " is what the film left me with")
