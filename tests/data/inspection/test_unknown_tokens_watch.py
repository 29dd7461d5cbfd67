import warnings

import pytest

from kbert import Tokenizer, UnknownTokensWarning
from kbert.data.inspection.unknown_tokens_watch import UnknownTokensWatch


@pytest.fixture
def watch():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "fine", "film"]
    return UnknownTokensWatch(Tokenizer(pieces))


def test_it_warns_once_at_the_line_of_the_caller(watch):
    with pytest.warns(UnknownTokensWarning, match="Cure: ") as told:
        watch.look(["Очень хороший фильм"], None)
    assert [warning.filename for warning in told] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watch.look(["Очень хороший фильм"], None)


def test_known_texts_and_texts_after_the_first_hundred_do_not_warn(watch):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watch.look(["a fine film"] * 100 + ["Очень хороший фильм"] * 900, None)


def test_the_second_texts_count(watch):
    with pytest.warns(UnknownTokensWarning):
        watch.look(["a"], ["Очень хороший фильм, очень хороший"])
