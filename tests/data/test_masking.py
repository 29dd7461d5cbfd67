"""Which tokens are masked: rates, whole words, and the same choice in every process."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert import InputError, Tokenizer
from kbert.data.masking import Masking

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused1]"]
CHINESE = list("我喜欢自然语言处理和机器学习")
WORDS = ["good", "bad", "un", "##aff", "##able", "film", ","]
TOKENIZER = Tokenizer([*SPECIALS, *WORDS, *CHINESE])
CLS, SEP, MASK = (TOKENIZER.ids[piece] for piece in ("[CLS]", "[SEP]", "[MASK]"))

texts = st.lists(st.sampled_from(["good", "bad", "unaffable", "unaffaffable", "film", ","]))


def ids_of(text):
    [(ids, _)] = TOKENIZER.encode([text], max_length=64)
    return np.array(ids, np.int32)


def words_of(ids):
    """The places of each word, by the definition of WordPiece."""
    words = []
    for place, number in enumerate(ids):
        if number in (CLS, SEP):
            continue
        if TOKENIZER.vocabulary[number].startswith("##"):
            words[-1].append(place)
        else:
            words.append([place])
    return words


@given(texts, st.integers(0, 2**32 - 1), st.integers(0, 2**40), st.integers(0, 99))
def test_whole_words_within_the_budget(words, seed, row, epoch):
    ids = ids_of(" ".join(words))
    before = ids.copy()
    masking = Masking(TOKENIZER, seed)
    masked, places = masking.mask(ids, row, epoch)
    np.testing.assert_array_equal(ids, before)
    again = Masking(TOKENIZER, seed).mask(ids, row, epoch)
    np.testing.assert_array_equal(masked, again[0])
    np.testing.assert_array_equal(places, again[1])
    chosen = set(places.tolist())
    assert len(chosen) == len(places) <= masking.slots(len(ids))
    for word in words_of(ids):
        assert chosen.isdisjoint(word) or chosen.issuperset(word)
    unchanged = np.setdiff1d(np.arange(len(ids)), places)
    np.testing.assert_array_equal(masked[unchanged], ids[unchanged])
    tokens = len(ids) - 2
    if tokens:
        shortest = min(map(len, words_of(ids)))
        budget = max(1, round(0.15 * tokens))
        assert len(places) <= max(budget, shortest)
        assert len(places) >= 1 or shortest > masking.slots(len(ids))


def test_rates():
    ids = ids_of(" ".join(["good", "bad", "film", ","] * 15))
    masking = Masking(TOKENIZER, 3)
    chosen = masked = kept = other = 0
    for row in range(2000):
        seen, places = masking.mask(ids, row, 0)
        assert len(places) == 9  # 15% of 60
        chosen += len(places)
        masked += int((seen[places] == MASK).sum())
        kept += int((seen[places] == ids[places]).sum())
        other += int(((seen[places] != MASK) & (seen[places] != ids[places])).sum())
    assert chosen == masked + kept + other
    # Three standard deviations of 18,000 choices are 1%.
    pieces = len(WORDS) + len(CHINESE)
    assert masked / chosen == pytest.approx(0.8, abs=0.01)
    assert kept / chosen == pytest.approx(0.1 + 0.1 / pieces, abs=0.01)


def test_each_place_is_equally_likely_to_be_chosen():
    ids = ids_of(" ".join(["good"] * 20))
    masking = Masking(TOKENIZER, 0)
    counts = np.zeros(len(ids))
    for row in range(3000):
        counts[masking.mask(ids, row, 0)[1]] += 1
    assert counts[0] == counts[-1] == 0
    np.testing.assert_allclose(counts[1:-1] / 3000, 0.15, atol=0.025)


def test_random_pieces_are_ordinary():
    masking = Masking(TOKENIZER, 0)
    ids = ids_of(" ".join(["good"] * 60))
    seen = {int(n) for row in range(500) for n in masking.mask(ids, row, 0)[0]}
    ordinary = {TOKENIZER.ids[piece] for piece in (*WORDS, *CHINESE)}
    assert seen == ordinary | {CLS, SEP, MASK}


def test_other_epochs_rows_and_seeds_mask_differently():
    ids = ids_of(" ".join(["good"] * 60))
    masking = Masking(TOKENIZER, 0)
    places = [
        masking.mask(ids, 0, 0)[1],
        masking.mask(ids, 1, 0)[1],
        masking.mask(ids, 0, 1)[1],
        Masking(TOKENIZER, 1).mask(ids, 0, 0)[1],
    ]
    assert len({tuple(one) for one in places}) == len(places)


def test_chinese_words_stay_together():
    words = ["我", "喜欢", "自然", "语言", "处理", "和", "机器", "学习"]

    def segment(text):
        assert text in ("".join(words[:5]), "".join(words[5:]))
        return words[:5] if text.startswith("我") else words[5:]

    ids = ids_of("".join(words[:5]) + "," + "".join(words[5:]))
    sizes = [*map(len, words[:5]), 1, *map(len, words[5:])]
    ends = np.cumsum(sizes) + 1
    wholes = [set(range(end - size, end)) for size, end in zip(sizes, ends, strict=True)]
    masking = Masking(TOKENIZER, 0, segment)
    found = set()
    for row in range(200):
        chosen = set(masking.mask(ids, row, 0)[1].tolist())
        inside = [whole for whole in wholes if whole & chosen]
        assert set().union(*inside) == chosen
        found |= chosen
    assert found == set(range(1, len(ids) - 1))


def test_the_choice_is_pinned():
    """The choice does not change with NumPy or kbert: a run may be resumed with other versions."""
    masked, places = Masking(TOKENIZER, 5).mask(ids_of(" ".join(["good", "film"] * 8)), 7, 2)
    assert (places.tolist(), masked[places].tolist()) == ([3, 16], [16, 11])


def test_a_vocabulary_without_mask():
    with pytest.raises(InputError, match=r"no \[MASK\]"):
        Masking(Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"]))
