import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.errors import KbertError
from kbert.targets.labels import Labels


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["yes", "no", "yes"], ("no", "yes")),
        (["10", "9", "-2", "9"], ("-2", "9", "10")),
        (["10", "9", "x"], ("10", "9", "x")),
        (["b", "B", "ä", "z", "好"], ("B", "b", "z", "ä", "好")),
        (["01", "1", "0"], ("0", "01", "1")),
        (["1.5", "1", "10"], ("1", "1.5", "10")),
        (["--1", "2"], ("--1", "2")),
        (["²", "3"], ("3", "²")),
        ([], ()),
    ],
    ids=["words", "integers", "mixed", "code points", "zeros", "floats", "dashes", "digit", "none"],
)
def test_the_order_of_the_names(values, names):
    assert Labels.from_values(values).names == names


@given(st.lists(st.text(max_size=3)), st.randoms())
@settings(deadline=None)
def test_order_depends_only_on_the_set_of_values(values, random):
    shuffled = [*values, *values]
    random.shuffle(shuffled)
    assert Labels.from_values(shuffled) == Labels.from_values(values)


def test_encode():
    labels = Labels(("no", "yes"))
    numbers = labels.encode(["yes", "no", "yes"])
    assert numbers.dtype == np.int32
    assert numbers.tolist() == [1, 0, 1]
    assert labels.ids == {"no": 0, "yes": 1}
    assert len(labels) == 2
    assert labels.encode([]).shape == (0,)


def test_an_unknown_value_is_refused_with_the_known_ones():
    with pytest.raises(
        KbertError, match=r"'maybe' is not one of the 2 known labels \('no', 'yes'\)"
    ):
        Labels(("no", "yes")).encode(["yes", "maybe"])
    with pytest.raises(KbertError, match=r"'9' and 5 more\)"):
        Labels(tuple(str(n) for n in range(15))).encode(["x"])


@pytest.mark.parametrize("value", ["Very Good", "very good ", "verygood"])
def test_a_mistyped_value_gets_a_suggestion(value):
    # A training set cannot have it too: two spellings of a label are refused.
    message = f"{value!r} is not one of .*; it differs from 'very good' only in case or blanks.*"
    message += "Cure: correct it$"
    with pytest.raises(KbertError, match=message):
        Labels(("bad", "very good")).encode([value])


@pytest.mark.parametrize(
    ("value", "known", "held"),
    [
        ("1.0", ("0", "1"), "; it equals '1' as a number"),
        ("01", ("0", "1"), "; it equals '1' as a number"),
        ("１", ("0", "1"), "; it equals '1' as a number"),
        ("2", ("1.0", "2.0"), "; it equals '2.0' as a number"),
        ("ｆine", ("bad", "fine"), "; it differs from 'fine' only in the form of its characters"),
    ],
)
def test_a_value_in_another_form_gets_a_suggestion(value, known, held):
    with pytest.raises(KbertError) as refusal:
        Labels(known).encode([value])
    assert held in str(refusal.value)
    with pytest.raises(KbertError) as refusal:
        Labels(known).encode(["7"])
    assert "; it" not in str(refusal.value)


@pytest.mark.parametrize("names", ["ab", ("a", "a"), ("a", None), ("a", "\ud800")], ids=ascii)
def test_invalid_names_are_refused(names):
    with pytest.raises(KbertError):
        Labels(names)


def test_numbers_are_named_as_in_a_data_set():
    assert Labels((0, 1.0, np.int64(2))).names == ("0", "1", "2")
