import numpy as np
import pytest

from kbert import Examples, Tokenizer, TokenStore, Windows
from kbert.data.packing_choice import PackingChoice
from kbert.errors import InputError

SHORT = np.random.default_rng(0).integers(5, 60, size=1000)


@pytest.mark.parametrize(
    ("lengths", "packing"),
    [
        (SHORT, "on"),
        (SHORT + 190, "off"),  # a row of 256 holds one text
        (np.full(1000, 128), "off"),  # nothing is padding
        (np.full(1000, 32), "off"),  # nothing is gained, and attention is twice as wide
        (np.array([5]), "off"),  # one text has one row of eight
        (np.repeat([10, 12], 500), "on"),  # a width of 16 for each
    ],
    ids=["short", "long", "full", "halves", "one", "narrow"],
)
def test_the_choice_is_what_computes_less(lengths, packing):
    choice = PackingChoice.of(lengths, 32)
    assert choice.packing == packing
    assert 0 < choice.grouped <= 1
    assert 0 < choice.packed <= 1


def test_the_shares_are_those_of_batches():
    """All batches are alike: 4 texts of 16 fill a row of 64, and 16 is a width."""
    choice = PackingChoice.of(np.full(320, 16), 32)
    assert (choice.grouped, choice.packed) == (1.0, 1.0)
    choice = PackingChoice.of(np.tile([16, 40], 160), 2, asked="on")
    assert choice.packing == "on"
    assert choice.order == "packed"
    assert choice.grouped > 0.99
    assert 0.25 < choice.packed < 1


@pytest.mark.parametrize("asked", ["on", "off"])
def test_an_explicit_choice_is_kept(asked):
    assert PackingChoice.of(SHORT, 32, asked).packing == asked


def test_another_word_is_refused():
    with pytest.raises(InputError, match="must be one of auto, on, off. Received: 'yes'"):
        PackingChoice.of(SHORT, 32, "yes")


def test_texts_that_are_read_in_windows_are_not_packed():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]
    tokenizer = Tokenizer(pieces, long_text="windows", windows=Windows(stride=2))
    # Of 6 tokens in a window, 4 are new: 1 and 3 windows.
    store = TokenStore.build(Examples(["a a", "a " * 13] * 20), tokenizer, 8)
    choice = PackingChoice.of_store(store, 4)
    assert (choice.packing, choice.order, choice.windows) == ("off", "shuffled", 2.0)
    assert str(choice) == "Each text is read in windows, 2.0 on average."
    with pytest.raises(InputError, match="have rows of their own, which are not packed"):
        PackingChoice.of_store(store, 4, "on")


def test_str_has_both_shares():
    assert str(PackingChoice("on", 0.871, 0.942)) == (
        "Several texts share a row: 94% of the tokens computed are real, 87% if each had its own."
    )
    assert str(PackingChoice("off", 0.94, 0.89)) == (
        "Each text has a row of its own, beside others of its length: 94% of the tokens computed "
        "are real, 89% if several shared a row."
    )
