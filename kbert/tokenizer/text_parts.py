"""Cuts long texts where a word always ends, so that tokenizing them takes little memory."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from functools import cache, cached_property
from itertools import islice

from kbert.tokenizer.rare_characters import RareCharacters, is_rare

PART = 2**16  # characters; the Rust library takes up to 400 bytes for each
_LONGEST = 4  # parts in which no word may end before a text is looked at more closely
_BATCH = 2**18  # characters tokenized at a time, whatever the number of texts
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"


class TextParts:
    """Splits texts into parts whose ids, one after the other, are those of the text.

    A part ends after white space, punctuation or, where each is a word, a Chinese character. No
    piece, no normalization and no added token reaches over such a place.

    Args:
        rare: RareCharacters. The normalization of the tokenizer.
        added_tokens: collection of str. What is searched for before texts are split into words.
        max_word_length: int. Longer words are [UNK].
        size: int. Characters of a part, but for those to the end of a word. Defaults to `PART`.
    """

    def __init__(
        self,
        rare: RareCharacters,
        added_tokens: Collection[str],
        max_word_length: int,
        size: int = PART,
    ) -> None:
        self.size = size
        self._rare = rare
        self._added = added_tokens
        self._max_word_length = max_word_length

    def split(self, text: str) -> Iterator[str]:
        """Yield the parts of a text; a short one is its only part."""
        if len(text) <= self.size:
            yield text
            return
        # A final sigma depends on what follows it, except behind such characters as a blank.
        ends = self._final_ends if self._rare.lowercase and "Σ" in text else self._ends
        start = 0
        while start < len(text):
            found = ends.search(text, start + self.size) if ends is not None else None
            stop = len(text) if found is None else found.end()
            if stop - start <= _LONGEST * self.size or ends is None:
                yield text[start:stop]
                start = stop
                continue
            word = start
            for end in ends.finditer(text, start, start + self.size):
                word = end.end()
            if word > start:
                yield text[start:word]
            start = len(text) if found is None else found.start()
            yield from self._split_word(text[word:start])

    @cached_property
    def _ends(self) -> re.Pattern[str] | None:
        return self._pattern(_ends())

    @cached_property
    def _final_ends(self) -> re.Pattern[str] | None:
        return self._pattern(tuple(c for c in _ends() if f"aΣ{c}a".lower()[1] == "ς"))

    def _pattern(self, ends: Collection[str]) -> re.Pattern[str] | None:
        """Return a pattern of the characters that no added token contains or looks at."""
        held = {c for token in self._added for c in unicodedata.normalize("NFD", token).lower()}
        blank = any(c.isspace() for c in held)
        kept = [
            c
            for c in ends
            if not self._added
            or not (
                unicodedata.normalize("NFD", c) in held
                or (blank and c.isspace())
                or unicodedata.category(c) == "Pc"  # part of a word, where a token must be one
            )
        ]
        cjk = _CJK if self._rare.split_cjk and not self._added else ""
        return re.compile(f"[{re.escape(''.join(kept))}{cjk}]") if kept or cjk else None

    def _split_word(self, text: str) -> Iterator[str]:
        """Yield parts with the ids of a long text in which no word ends, as far as it shows."""
        normalized = {c: self._rare.normalize(c) for c in set(text)}
        ends = self._ends
        assert ends is not None
        if self._added:
            yield text
        elif any(ends.search(n) or re.search(r"\s", n) for n in normalized.values()):
            again = self._rare.normalize(text)  # in which blanks surround what ends a word
            yield from (text,) if again == text else self.split(again)
        else:
            kept = (c for c in text if normalized[c])  # the others are removed
            word = "".join(islice(kept, self._max_word_length + 1))
            yield word if len(word) <= self._max_word_length else self._rare.unknown


@cache
def _ends() -> tuple[str, ...]:
    """Return the common characters that end a word: blanks and punctuation."""
    return tuple(
        c
        for c in map(chr, range(0x10000))
        if (c in "\t\n\r" or unicodedata.category(c)[0] in "PZ" or _is_ascii_symbol(c))
        and unicodedata.category(c) not in ("Zl", "Zp")
        and not is_rare(c)
    )


def _is_ascii_symbol(character: str) -> bool:
    """Whether Google takes for punctuation what Unicode calls a symbol, such as "$"."""
    return "!" <= character <= "~" and not character.isalnum()


def batches_of_parts(parts: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield numbered texts in groups that have about as many characters each."""
    batch: list[tuple[int, str]] = []
    characters = 0
    for number, text in parts:
        batch.append((number, text))
        characters += len(text) + 1
        if characters > _BATCH:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch
