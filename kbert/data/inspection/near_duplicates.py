"""Texts of two sets that are nearly the same."""

import importlib.util
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.utils.equal_texts import bare_text

_MIN_SIMILARITY = 0.8
_MAX_CHARACTERS = 2_500_000  # of both sets together: a second or two
_TO_COMPARE = 0.5  # lower, as MinHash only estimates the similarity
_PERMUTATIONS = 64
_CJK = range(0x2E80, 0xD7B0)  # where one character carries as much as a part of a word elsewhere


@dataclass(frozen=True)
class NearDuplicates:
    """How many rows of a set are near-duplicates of training rows.

    Args:
        rows: int. Rows of the set that were compared.
        training_rows: int. Rows of the training set that they were compared with.
        near: int. Rows whose text is nearly, but not exactly, that of a training row.
        example: (int, int) or None. The positions of one such row, and of its training row.
        all_rows: bool. Whether all rows of both sets were compared, rather than samples.
    """

    rows: int
    training_rows: int
    near: int
    example: tuple[int, int] | None
    all_rows: bool


def find_near_duplicates(
    training: Examples, other: Examples, max_characters: int = _MAX_CHARACTERS
) -> NearDuplicates | None:
    """Return how many texts of a set are near-duplicates of training texts.

    Two texts are near-duplicates if the sets of their overlapping parts of 5 characters (3 in
    Chinese and similar scripts) have a Jaccard similarity of 0.8 or more:

        similarity = |A & B| / |A | B|

    MinHash finds which texts to compare; the similarity itself is exact. Of large sets, samples
    are compared.

    Args:
        training: Examples.
        other: Examples.
        max_characters: int. Of both sets together, before samples are taken. Defaults to 2,500,000.

    Returns:
        NearDuplicates, or None if the package datasketch is not installed.

    Source: A. Broder, "On the resemblance and containment of documents", 1997.
    """
    if importlib.util.find_spec("datasketch") is None:
        return None
    from datasketch import MinHash, MinHashLSH

    of_other = _sample(other, max_characters // 4)
    of_training = _sample(training, max_characters - max_characters // 4)
    texts = {int(at): text for at, text in _texts(training, of_training)}
    same = set(texts.values())
    index = MinHashLSH(threshold=_TO_COMPARE, num_perm=_PERMUTATIONS)
    with index.insertion_session() as session:
        for at, text in texts.items():
            session.insert(at, _min_hash(MinHash, _parts(text)))
    near, example = 0, None
    for at, text in _texts(other, of_other):
        if text in same:
            continue
        parts = _parts(text)
        found = index.query(_min_hash(MinHash, parts))
        near_ones = (t for t in sorted(found) if _is_near(parts, _parts(texts[t])))
        twin = next(near_ones, None)
        if twin is not None:
            near += 1
            example = example or (int(at), twin)
    complete = len(of_other) == len(other) and len(of_training) == len(training)
    return NearDuplicates(len(of_other), len(of_training), near, example, complete)


def _sample(examples: Examples, characters: int) -> np.ndarray:
    """Return the positions of all rows, or of a sample with about this many characters."""
    rows = np.random.default_rng(0).permutation(len(examples))
    few = rows[:200].tolist()
    columns = [examples.texts] + ([] if examples.pairs is None else [examples.pairs])
    mean = sum(len(column[at]) for column in columns for at in few) / max(len(few), 1)
    return np.sort(rows[: max(int(characters / max(mean, 1)), 1)])


def _texts(examples: Examples, rows: np.ndarray) -> Iterator[tuple[int, str]]:
    """Yield each row with its text, or pair, in a form in which equal texts are identical."""
    pairs: Any = repeat("") if examples.pairs is None else (examples.pairs[at] for at in rows)
    for at, pair in zip(rows.tolist(), pairs, strict=False):
        text = bare_text(examples.texts[at])
        yield at, f"{text}\n{bare_text(pair)}" if examples.pairs is not None else text


def _parts(text: str) -> set[bytes]:
    """Return the overlapping parts of a text, each of the same number of characters."""
    is_cjk = not text.isascii() and 2 * sum(ord(c) in _CJK for c in text) > len(text)
    size = 3 if is_cjk else 5
    places = range(max(len(text) - size + 1, 1))
    return {text[at : at + size].encode("utf-8", "surrogatepass") for at in places}


def _min_hash(kind: Any, parts: set[bytes]) -> Any:
    found = kind(num_perm=_PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
    found.update_batch(parts)
    return found


def _is_near(parts: set[bytes], others: set[bytes]) -> bool:
    return len(parts & others) >= _MIN_SIMILARITY * len(parts | others)
