"""Labelled rows as a stream of chunks, from any kind of source."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from kbert.data.reading.columns import Columns, choose_columns
from kbert.data.reading.examples import Examples
from kbert.data.reading.found_target import found_target
from kbert.data.reading.many_files import open_tables, with_columns
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.reading.rows import BadRow, Row, Table
from kbert.data.reading.usable_rows import usable_rows
from kbert.data.shards.row_chunk import RowChunk
from kbert.data.shards.streamed_rows import streamed_table
from kbert.errors import InputError
from kbert.findings import Cure, Option, worded
from kbert.results.given_texts import as_texts
from kbert.targets.known_targets import target_of
from kbert.targets.labels import Labels
from kbert.targets.multi import Multi
from kbert.targets.single import Single
from kbert.targets.target import Target

_ROWS = 8192  # of a chunk


@dataclass(frozen=True)
class RowSource:
    """Labelled rows that are read once, from the beginning to the end.

    Args:
        name: str. Its name in messages.
        chunks: iterator of RowChunk.
        target: Target.
        label_columns: tuple of str. The columns of the label; empty without labels.
        text_pairs: bool.
        weights: bool. Whether rows have weights.
        labels: Labels or None. The labels, where they are known.
        skipped: list of BadRow. The rows left out so far.
    """

    name: str
    chunks: Iterator[RowChunk]
    target: Target
    label_columns: tuple[str, ...]
    text_pairs: bool
    weights: bool
    labels: Labels | None
    skipped: list[BadRow]

    @classmethod
    def of(
        cls, source: Any, options: ReadingOptions, labels: Labels | None, opened: ExitStack
    ) -> "RowSource":
        """Return the rows of a source.

        Args:
            source: Examples; what `read_examples` takes; a Hugging Face or grain data set, also a
                stream; or an iterator of chunks, which are Examples or tuples (texts, labels).
            options: ReadingOptions.
            labels: Labels or None. The labels; None: they are found.
            opened: ExitStack. Closes what was opened, once the rows have been read.
        """
        if isinstance(source, Examples):
            return _of_examples(source, iter([source]))
        table = streamed_table(source)
        if table is not None:
            return _of_tables(iter([table]), options, labels)
        if isinstance(source, Iterator):
            return _of_chunks(source, labels)
        return _of_tables(open_tables(source, opened, options.layout()), options, labels)


def _of_tables(
    tables: Iterator[Table], options: ReadingOptions, labels: Labels | None
) -> RowSource:
    first = next(tables)
    target: Target | None = None
    if options.label_separator:
        target = Multi(options.label_separator)
    elif options.target:
        target = target_of(options.target)
    columns = choose_columns(
        first,
        text=options.text,
        pair=options.pair,
        label=options.label,
        weight=options.weight,
        target=target,
    )
    if target is None:
        target, first = found_target(first, columns)
    skipped: list[BadRow] = []
    parts = with_columns(first, columns, tables, True)
    return RowSource(
        first.source,
        _read(parts, labels, options, target, skipped),
        target,
        tuple(columns.names[at] for at in columns.labels),
        columns.pair is not None,
        columns.weight is not None,
        labels,
        skipped,
    )


def _read(
    parts: Iterable[tuple[Table, Columns]],
    labels: Labels | None,
    options: ReadingOptions,
    target: Target,
    skipped: list[BadRow],
) -> Iterator[RowChunk]:
    for table, columns in parts:
        rows = usable_rows(table, columns, labels, True, options.encoding, target)
        while batch := list(itertools.islice(rows, _ROWS)):
            good = []
            for row in batch:
                if isinstance(row, Row):
                    good.append(row.cells)
                elif options.on_bad_row == "skip":
                    skipped.append(row)
                else:
                    raise row.to_error()
            if not good:
                continue
            texts, pairs, values, weights, _, _ = zip(*good, strict=True)
            yield RowChunk(
                list(texts),
                list(pairs) if columns.pair is not None else None,
                list(values),
                np.array(weights, np.float32) if columns.weight is not None else None,
            )


def _of_examples(first: Examples, chunks: Iterator[Examples]) -> RowSource:
    def read() -> Iterator[RowChunk]:
        for examples in chunks:
            for begin in range(0, len(examples), _ROWS):
                end = min(begin + _ROWS, len(examples))
                pairs, y, weights = examples.pairs, examples.y, examples.weights
                yield RowChunk(
                    list(examples.texts[begin:end]),
                    None if pairs is None else list(pairs[begin:end]),
                    None if y is None else y[begin:end],
                    None if weights is None else weights[begin:end],
                )

    return RowSource(
        str(first.source),
        read(),
        first.target,
        () if first.labels is None or first.y is None else ("label",),
        first.pairs is not None,
        first.weights is not None,
        first.labels,
        [],
    )


def _of_chunks(chunks: Iterator[Any], labels: Labels | None) -> RowSource:
    """Return the rows of an iterator of chunks."""
    first = next(chunks, None)
    every = itertools.chain([first], chunks)
    if isinstance(first, Examples):
        return _of_examples(first, _checked_examples(first, every))
    if isinstance(first, Mapping):
        table = streamed_table(every, first)
        assert table is not None
        return _of_tables(iter([table]), ReadingOptions(), labels)
    numbers = itertools.count(1)
    pairs = isinstance(first, tuple) and len(first) == 3
    return RowSource(
        worded("the chunks"),
        (_chunk(given, next(numbers), pairs=pairs) for given in every),
        Single(),
        ("label",),
        pairs,
        False,
        labels,
        [],
    )


def _checked_examples(first: Examples, chunks: Iterable[Any]) -> Iterator[Examples]:
    for chunk in chunks:
        if not isinstance(chunk, Examples) or chunk.labels != first.labels:
            raise InputError(
                "All chunks must be Examples with the same labels. Received: {kind}",
                kind=type(chunk).__name__,
                cure=Cure(code="read_examples(..., labels=labels)"),
            )
        yield chunk


def _chunk(given: Any, number: int, *, pairs: bool) -> RowChunk:
    """Return a chunk that was given as (texts, labels) or (texts, pairs, labels)."""
    parts = 3 if pairs else 2
    if not isinstance(given, tuple) or len(given) != parts:
        raise InputError(
            "Chunk {number} must be a tuple (texts, labels), as lists, or Examples. Received: "
            "{kind}",
            number=number,
            kind=type(given).__name__,
            cure=Cure(code="(texts, labels)"),
        )
    texts, second = as_texts(given[0], given[1] if pairs else None)
    values: Any = given[-1] if isinstance(given[-1], np.ndarray) else list(given[-1])
    if isinstance(values, list) and values and not isinstance(values[0], str):
        values = np.asarray(values)
    if isinstance(values, np.ndarray) and values.dtype.kind not in "iu":
        values = [str(value) for value in values] if values.dtype.kind in "UT" else None
    if values is None or len(values) != len(texts):
        raise InputError(
            "{option} of chunk {number} must be {rows:,} names or whole numbers, one per text. "
            "Received: {given}",
            option=Option("labels"),
            number=number,
            rows=len(texts),
            given=worded("other values") if values is None else f"{len(values):,}",
        )
    return RowChunk(texts, second, values)


def label_names(labels: Labels | Sequence[str] | None) -> Labels | None:
    """Return labels that were given as names."""
    return labels if labels is None or isinstance(labels, Labels) else Labels(tuple(labels))
