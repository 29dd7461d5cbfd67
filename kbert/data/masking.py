"""BERT's masking of whole words: which tokens a model has to predict, and what it sees instead."""

import importlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import numpy as np

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.tokenizer.tokenizer import Tokenizer

MASK = "[MASK]"
SEGMENTER = "rjieba"
"""The package that finds Chinese words, if it is installed."""
RATE = 0.15
_MASKED, _RANDOM = 0.8, 0.1  # shares of the chosen tokens that become [MASK], or a random piece
_LEAST_SLOTS = 4  # room for a whole word in a short text
_CJK = range(0x4E00, 0x9FFF + 1)
_BRACKETED = re.compile(r"\[.+\]").fullmatch


class Masking:
    """Chooses the tokens of a text that a model has to predict, whole words at a time.

    15% of a text's tokens are chosen, not counting [CLS] and [SEP], and at least one word if it has
    no more pieces than `slots` of the text's length. Of the chosen tokens, 80% become [MASK], 10%
    become a random piece of the vocabulary, and 10% stay as they are. A piece that begins with ##
    belongs to the word before it. A Chinese word is what the package rjieba finds in a run of
    characters; without rjieba, each character is a word.

    The choice depends only on the seed, the epoch and the row: Philox, whose raw bits are the same
    everywhere, is keyed by the seed and the epoch, and its counter starts at the row.

    Args:
        tokenizer: Tokenizer, with the piece [MASK].
        seed: int. Defaults to 0.
        segmenter: function that takes a run of Chinese characters and returns its words in order,
            or None. Defaults to None: each character is a word. See `chinese_segmenter`.

    Raises:
        InputError: the vocabulary has no [MASK].

    Source: BERT, arXiv 1810.04805, 3.1; `create_masked_lm_predictions` in
    `create_pretraining_data.py` with `--do_whole_word_mask`.

    Example:

    ```python
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "un", "##able", "film"])
    masking = Masking(tokenizer, seed=1)
    masked, places = masking.mask(np.array([2, 5, 6, 7, 3]), row=0, epoch=0)
    assert places.tolist() == [3]  # a single token, and "unable" has two
    ```
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        seed: int = 0,
        segmenter: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        if MASK not in tokenizer.ids:
            raise InputError(
                "The vocabulary has no [MASK], which stands for the tokens that the model "
                "predicts.",
                cure=Cure(
                    note="name another {option}, with the vocabulary that it was pretrained with",
                    values={"option": Option("preset")},
                ),
            )
        self.tokenizer = tokenizer
        self.seed = seed
        self.segmenter = segmenter
        self.mask_id = tokenizer.ids[MASK]

    @staticmethod
    def slots(width: int) -> int:
        """Return the maximum number of tokens chosen in a text of `width` tokens."""
        return max(_LEAST_SLOTS, round(RATE * width))

    def mask(self, ids: np.ndarray, row: int, epoch: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a text's ids as the model sees them, and the places that it has to predict.

        Args:
            ids: int array [tokens], with [CLS] and [SEP].
            row: int. The text's number in its set.
            epoch: int.

        Returns:
            An int32 array [tokens], and an int32 array of the chosen places in ascending order.
        """
        words = self._words(ids)
        tokens = sum(map(len, words))
        bits = np.random.Philox(key=[self.seed, epoch], counter=[0, 0, 0, row])
        order = np.argsort(bits.random_raw(len(words)), kind="stable").tolist()
        wanted = max(1, round(RATE * tokens))
        chosen: list[int] = []
        for number in order:
            if len(chosen) + len(words[number]) <= wanted:
                chosen += words[number]
        if not chosen and words:
            shortest = min((words[number] for number in order), key=len)
            chosen = shortest if len(shortest) <= self.slots(len(ids)) else []
        places = np.sort(np.array(chosen, np.int32))
        masked = np.array(ids, np.int32)
        what, which = bits.random_raw(2 * len(places)).reshape(2, -1)
        share = (what >> np.uint64(11)) / 2.0**53
        pieces = self._pieces[(which % np.uint64(len(self._pieces))).astype(np.int64)]
        seen = np.where(share < _MASKED + _RANDOM, pieces, masked[places])
        masked[places] = np.where(share < _MASKED, self.mask_id, seen)
        return masked, places

    def _words(self, ids: np.ndarray) -> list[list[int]]:
        """Return the places of each word's pieces."""
        ordinary = ~self._is_special[ids]
        begins = ordinary & ~self._continues[ids]
        begins[1:] |= ordinary[1:] & ~ordinary[:-1]  # a text whose head was cut off
        words: list[list[int]] = []
        for place in np.flatnonzero(ordinary).tolist():
            if begins[place]:
                words.append([])
            words[-1].append(place)
        return words if self.segmenter is None else list(self._joined(words, ids))

    def _joined(self, words: list[list[int]], ids: np.ndarray) -> Iterator[list[int]]:
        """Yield the words, with the characters of each Chinese word joined."""
        run: list[int] = []  # the places of adjacent characters
        for word in [*words, []]:
            is_character = len(word) == 1 and self._is_cjk[ids[word[0]]]
            if run and not (is_character and word[0] == run[-1] + 1):
                yield from self._chinese_words(run, ids)
                run = []
            if is_character:
                run += word
            elif word:
                yield word

    def _chinese_words(self, run: list[int], ids: np.ndarray) -> Iterator[list[int]]:
        assert self.segmenter is not None
        end = 0
        for word in self.segmenter("".join(self._names[ids[place]] for place in run)):
            start, end = end, end + len(word)
            yield run[start:end]

    @cached_property
    def _names(self) -> list[str]:
        names = [""] * len(self.tokenizer)
        for name, number in self.tokenizer.ids.items():
            names[number] = name
        return names

    @cached_property
    def _is_special(self) -> np.ndarray:
        tokenizer = self.tokenizer
        special = np.zeros(len(tokenizer), bool)
        special[[tokenizer.pad_id, tokenizer.cls_id, tokenizer.sep_id]] = True
        return special

    @cached_property
    def _continues(self) -> np.ndarray:
        return np.array([name.startswith("##") for name in self._names])

    @cached_property
    def _is_cjk(self) -> np.ndarray:
        return np.array([len(name) == 1 and ord(name) in _CJK for name in self._names])

    @cached_property
    def _pieces(self) -> np.ndarray:
        """The ids of all pieces except special and unused ones, such as [MASK] and [unused1]."""
        named = [bool(name) and not _BRACKETED(name) for name in self._names]
        return np.flatnonzero(named).astype(np.int32)


def chinese_segmenter() -> Callable[[str], Sequence[str]] | None:
    """Return the function that finds the words in Chinese characters; None without rjieba."""
    if importlib.util.find_spec(SEGMENTER) is None:
        return None
    return importlib.import_module(SEGMENTER).cut
