import pytest

from kbert.utils.text_difference import around_difference

LONG = "the same beginning that goes on and on until "


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("short", "shorter", ("short", "shorter")),
        ("a  b\nc", "A b", ("a b c", "A b")),
        (LONG + "good", LONG + "bad", ("…d on until good", "…d on until bad")),
        (LONG + "x" + LONG, LONG + "y" + LONG, ("… until xthe sam…", "… until ythe sam…")),
        ("A" + LONG, "B" + LONG, ("Athe same begin…", "Bthe same begin…")),
        (LONG.upper() + "X", LONG + "Y", ("… AND ON UNTIL X", "… and on until Y")),
    ],
)
def test_the_difference_is_shown(first, second, shown):
    assert around_difference(first, second, 15) == shown
