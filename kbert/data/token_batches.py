"""Tokenizes a data set a few rows at a time."""

import itertools
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from kbert.data.reading.examples import Examples
from kbert.data.token_file import SCHEMA, arrays_of
from kbert.tokenizer.tokenizer import Tokenizer

_CHUNK = 65_536  # rows tokenized and written at a time, which bounds the memory
_CHUNK_TOKENS = 2**22  # and, where texts are long, the tokens that these rows can have
_PIECE = (
    2048  # rows whose ids are Python lists at a time, few enough to stay in the processor's cache
)


def token_batches(
    examples: Examples, tokenizer: Tokenizer, max_length: int
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a data set as batches of a token file's schema."""
    for start, stop in _chunks(examples, tokenizer.most_tokens(max_length)):
        yield _record_batch(examples, tokenizer, max_length, start, stop)


def ids_of_batch(
    examples: Examples, tokenizer: Tokenizer, max_length: int, batch: int
) -> np.ndarray:
    """Return the ids of a batch of the rows, tokenized again."""
    start, stop = next(
        itertools.islice(_chunks(examples, tokenizer.most_tokens(max_length)), batch, None)
    )
    return arrays_of(_record_batch(examples, tokenizer, max_length, start, stop))[0]


def _record_batch(
    examples: Examples, tokenizer: Tokenizer, max_length: int, start: int, stop: int
) -> pa.RecordBatch:
    pieces = range(start, stop, _PIECE)
    arrays = [_arrays(examples, tokenizer, max_length, n, min(n + _PIECE, stop)) for n in pieces]
    if examples.label_ids is None:
        labels = np.full(stop - start, -1, np.int32)
    else:
        labels = examples.label_ids[start:stop]
    token_ids, first_lengths = (pa.concat_arrays(column) for column in zip(*arrays, strict=True))
    return pa.record_batch(
        [token_ids, first_lengths, pa.array(labels, pa.int32())],
        schema=SCHEMA,
    )


def _arrays(
    examples: Examples, tokenizer: Tokenizer, max_length: int, start: int, stop: int
) -> tuple[pa.Array, pa.Array]:
    """Return the ids of rows and the lengths of their first segments."""
    encoded = tokenizer.encode(
        examples.texts[start:stop],
        None if examples.pairs is None else examples.pairs[start:stop],
        max_length=max_length,
    )
    return (
        pa.array([ids for ids, _ in encoded], pa.list_(pa.int32())),
        pa.array([first for _, first in encoded], pa.int32()),
    )


def _chunks(examples: Examples, most_tokens: int) -> Iterator[tuple[int, int]]:
    """Yield the first row and the end of each chunk, limited by an upper bound of its tokens."""
    start = held = 0
    for row, text in enumerate(examples.texts):
        characters = len(text) + (0 if examples.pairs is None else len(examples.pairs[row]))
        held += min(characters, most_tokens)
        if row + 1 - start == _CHUNK or held > _CHUNK_TOKENS:
            yield start, row + 1
            start, held = row + 1, 0
    if start < len(examples):
        yield start, len(examples)
