"""Common, rare and long texts side by side; test_text_parts.py has the parts of long texts."""

import pytest

from kbert import Tokenizer
from kbert.tokenizer.text_parts import PART

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##b", "\ue000"]
TEXTS = ["a b", "", "a \ue000b", "ab " * PART, "b", "\ue000 " * PART + "a", "\ue000"]


@pytest.fixture(scope="module")
def text_ids():
    return Tokenizer(PIECES)._text_ids


def test_each_text_has_its_ids(text_ids):
    found = [[] for _ in TEXTS]
    for number, ids in text_ids.of_parts(TEXTS, lambda number: True):
        found[number] += ids
    assert found == [Tokenizer(PIECES).token_ids([text])[0] for text in TEXTS]
    assert [len(ids) for ids in found] == [2, 0, 3, 2 * PART, 1, PART + 1, 1]


def test_an_unwanted_text_ends_with_the_part_that_was_read(text_ids):
    lengths = [0] * len(TEXTS)
    for number, ids in text_ids.of_parts(TEXTS, lambda number: number != 3):
        lengths[number] += len(ids)
    assert 2 * PART // 3 <= lengths[3] < PART
    assert lengths[5] == PART + 1
