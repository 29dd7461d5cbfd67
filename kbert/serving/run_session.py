"""Runs texts through a session, in batches of similar length."""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from kbert.choices import Pool
from kbert.data.epoch_order import length_order
from kbert.data.padding import MULTIPLE, pad
from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.segments import check_segments
from kbert.serving.export_settings import ExportSettings
from kbert.serving.sessions import Session
from kbert.targets.known_targets import target_of
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.foreign import foreign_input
from kbert.utils.progress import advance

_Encoded = tuple[Sequence[int] | np.ndarray, int]  # as `pad` takes it


def run_session(
    session: Session,
    tokenizer: Tokenizer,
    settings: ExportSettings,
    texts: Sequence[str],
    pairs: Sequence[str] | None = None,
    batch_size: int = 32,
) -> np.ndarray:
    """Return the probabilities, or numbers, [texts, labels] in the order of the texts.

    For texts in windows, the program computes logits, one row per window. Here they are pooled and
    become probabilities.

    Args:
        session: Session.
        tokenizer: Tokenizer.
        settings: ExportSettings.
        texts: sequence of str.
        pairs: sequence of str, the second texts, or None.
        batch_size: int. Texts, or windows of them, per call. Defaults to 32.
    """
    check_segments(settings.num_segments, pairs is not None, Option("pairs"))
    encoded = tokenizer.encode(texts, pairs, max_length=settings.max_length)
    split = tokenizer.window_split(settings.max_length, is_pair=pairs is not None)
    if split is None:
        return _computed(session, settings, encoded, tokenizer.pad_id, batch_size, len(encoded))
    windows = [split.split(np.asarray(ids, np.int32), first) for ids, first in encoded]
    rows = list(itertools.chain.from_iterable(windows))
    logits = _computed(session, settings, rows, tokenizer.pad_id, batch_size, len(encoded))
    pooled = _pooled(logits, np.array(list(map(len, windows))), split.windows.pool)
    return target_of(settings.target, len(settings.labels)).outputs(pooled)


def _pooled(logits: np.ndarray, counts: np.ndarray, pool: Pool) -> np.ndarray:
    """Return the logits of each text, pooled over its windows."""
    begins = np.cumsum(counts) - counts
    if pool == "max":
        return np.maximum.reduceat(logits, begins)
    sums: np.ndarray = np.add.reduceat(logits, begins)
    return sums / counts[:, None].astype(np.float32)


def _computed(
    session: Session,
    settings: ExportSettings,
    encoded: Sequence[_Encoded],
    pad_id: int,
    batch_size: int,
    texts: int,
) -> np.ndarray:
    """Return what the program computes for the rows [rows, labels], in their order."""
    result = np.empty((len(encoded), len(settings.labels)), np.float32)
    for rows, feed in _feeds(encoded, settings, pad_id, batch_size):
        computed = _call(session, feed)
        if computed.shape != (len(rows), len(settings.labels)):
            raise InputError(
                "The program returned an array {shape} for {rows} rows, but its settings name "
                "{labels} labels. Is kbert.json from another export?",
                shape=computed.shape,
                rows=len(rows),
                labels=len(settings.labels),
            )
        result[rows] = computed
        advance(len(rows) * texts / len(encoded))
    return result


def _call(session: Session, feed: dict[str, np.ndarray]) -> np.ndarray:
    rows, tokens = feed["token_ids"].shape
    with foreign_input(
        "The program does not take {rows} rows of {tokens} tokens: {reason}. Is kbert.json from "
        "another export?",
        rows=rows,
        tokens=tokens,
    ):
        return np.asarray(session(feed))


def _feeds(
    encoded: Sequence[_Encoded], settings: ExportSettings, pad_id: int, batch_size: int
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Yield the row numbers of each batch, and its arrays, longest rows first."""
    # ONNX Runtime takes any width as it comes; the others have to prepare for each new width.
    multiple = 1 if settings.kind == "onnx" else MULTIPLE
    lengths = np.array([len(ids) for ids, _ in encoded], np.int32)
    for rows in length_order(lengths, batch_size):
        longest = -(-int(lengths[rows].max()) // multiple) * multiple
        width = settings.length or min(longest, settings.max_length)
        yield rows, pad([encoded[row] for row in rows], width, pad_id)
