"""The lengths of texts in tokens, what the vocabulary knows of them, and their scripts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kbert.data.epoch_order import sample_order
from kbert.data.inspection.unknown_words import (
    UnknownWords,
    find_unknown_words,
    script_of,
)
from kbert.data.reading.examples import Examples
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.tokenizer.window_split import WindowSplit

MAX_ROWS = 20_000  # a million would take a minute and give the same result
_SCRIPT_ROWS, _SCRIPT_LETTERS = 2000, 500  # examined for the writing system
LENGTHS = (32, 64, 128, 256, 512)


@dataclass(frozen=True)
class TextLengths:
    """Tokens of a sample of rows.

    Args:
        sample: int. Rows counted: all, or a sample drawn with a fixed seed.
        quantiles: tuple of int. The 50th, 90th, 99th and 100th percentile of tokens, including
            special ones.
        cut: dict. The share of rows with more tokens than 32, 64, 128, 256 and 512.
        unknown: float. The share of tokens that are [UNK].
        unknown_otherwise: float. The same with the other casing of the tokenizer.
        unknown_words: UnknownWords or None. Why words of the texts become [UNK], if some do.
    """

    sample: int
    quantiles: tuple[int, int, int, int]
    cut: dict[int, float]
    unknown: float
    unknown_otherwise: float
    unknown_words: UnknownWords | None
    _lengths: np.ndarray
    _seconds: np.ndarray  # of second texts, without special ones

    def share_cut(self, max_length: int) -> float:
        """Return the share of rows that have more tokens than `max_length`."""
        return float(np.mean(self._lengths > max_length))

    def tokens(self, max_length: int) -> int:
        """Return how many tokens are read in total if longer rows are cut."""
        return int(np.minimum(self._lengths, max_length).sum())

    @property
    def are_pairs(self) -> bool:
        """Whether rows have second texts."""
        return bool(self._seconds.any())

    def share_beyond(self, split: WindowSplit) -> float:
        """Return the share of rows with tokens that do not fit into the windows of a text."""
        kept = np.add(*split.kept(self._firsts, self._seconds))
        return float(np.mean(kept < self._firsts + self._seconds))

    def tokens_of_windows(self, split: WindowSplit) -> int:
        """Return how many tokens the windows of the rows have."""
        firsts, seconds = split.kept(self._firsts, self._seconds)
        lengths = firsts + 2 + seconds + (seconds > 0)
        return int(split.tokens(lengths, firsts + 2).sum())

    def windows_for(self, split: WindowSplit, share: float) -> int:
        """Return how many windows suffice for all rows but at most this share."""
        lengths = self._firsts + 2 + self._seconds + (self._seconds > 0)
        return int(np.quantile(split.counts(lengths, self._firsts + 2), 1 - share, method="higher"))

    @property
    def _firsts(self) -> np.ndarray:
        return self._lengths - 2 - self._seconds - (1 if self.are_pairs else 0)


def text_lengths(examples: Examples, tokenizer: Tokenizer, max_rows: int = MAX_ROWS) -> TextLengths:
    """Return the lengths of texts, or pairs, and how much of them the vocabulary knows."""
    rows = sample_rows(len(examples), max_rows)
    texts = [examples.texts[row] for row in rows]
    pairs = None if examples.pairs is None else [examples.pairs[row] for row in rows]
    lengths, seconds, unknown = _count(tokenizer, texts, pairs)
    otherwise = unknown
    if unknown > 0:
        settings = {**tokenizer.get_config(), "lowercase": not tokenizer.lowercase}
        otherwise = _count(Tokenizer.from_config(settings), texts, pairs)[2]
    quantiles = np.quantile(lengths, (0.5, 0.9, 0.99, 1.0))
    median, ninety, ninety_nine, longest = (int(tokens) for tokens in quantiles)
    return TextLengths(
        sample=len(rows),
        quantiles=(median, ninety, ninety_nine, longest),
        cut={length: float(np.mean(lengths > length)) for length in LENGTHS},
        unknown=unknown,
        unknown_otherwise=otherwise,
        unknown_words=find_unknown_words([*texts, *(pairs or ())], tokenizer) if unknown else None,
        _lengths=lengths,
        _seconds=seconds,
    )


def scripts(texts: Sequence[str]) -> dict[str, float]:
    """Return the shares of writing systems among the letters of a sample, the largest first.

    A script is named by the first word of its letters' Unicode names: LATIN, CJK (the Chinese
    characters), HIRAGANA, CYRILLIC, ARABIC, ...
    """
    counts: Counter[str] = Counter()
    for row in sample_rows(len(texts), _SCRIPT_ROWS):
        counts.update(c for c in texts[row][:_SCRIPT_LETTERS] if c.isalpha())
    named: Counter[str] = Counter()
    for letter, count in counts.items():
        named[script_of(letter)] += count
    total = max(named.total(), 1)
    return {name: count / total for name, count in named.most_common(3)}


def sample_rows(rows: int, max_rows: int = MAX_ROWS) -> np.ndarray:
    """Return all rows, or a sample of them drawn with a fixed seed, in their order."""
    if rows <= max_rows:
        return np.arange(rows)
    return np.sort(sample_order(np.random.PCG64(np.random.SeedSequence(0)), rows, max_rows))


def _count(
    tokenizer: Tokenizer, texts: list[str], pairs: list[str] | None
) -> tuple[np.ndarray, np.ndarray, float]:
    counted = np.array(tokenizer.count(texts))
    lengths = counted[:, 0] + 2
    seconds = np.zeros_like(counted)
    if pairs is not None:
        seconds = np.array(tokenizer.count(pairs))
        lengths += seconds[:, 0] + 1
        counted = counted + seconds
    tokens, unknown = counted.sum(axis=0)
    return lengths, seconds[:, 0], float(unknown / max(tokens, 1))
