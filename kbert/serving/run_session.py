"""Runs texts through a session, in batches of similar length."""

from collections.abc import Iterator, Sequence

import numpy as np

from kbert.data.epoch_order import length_order
from kbert.data.padding import MULTIPLE, pad
from kbert.errors import InputError
from kbert.findings import Option
from kbert.interop.segments import check_segments
from kbert.serving.export_settings import ExportSettings
from kbert.serving.sessions import Session
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.foreign import foreign_input


def run_session(
    session: Session,
    tokenizer: Tokenizer,
    settings: ExportSettings,
    texts: Sequence[str],
    pairs: Sequence[str] | None = None,
    batch_size: int = 32,
) -> np.ndarray:
    """Return the probabilities [texts, labels] in the order of the texts.

    Args:
        session: Session.
        tokenizer: Tokenizer.
        settings: ExportSettings.
        texts: sequence of str.
        pairs: sequence of str, the second texts, or None.
        batch_size: int. Defaults to 32.
    """
    check_segments(settings.num_segments, pairs is not None, Option("pairs"))
    encoded = tokenizer.encode(texts, pairs, max_length=settings.max_length)
    result = np.empty((len(texts), len(settings.labels)), np.float32)
    for rows, feed in _feeds(encoded, settings, tokenizer.pad_id, batch_size):
        computed = _call(session, feed)
        if computed.shape != (len(rows), len(settings.labels)):
            raise InputError(
                "The program returned an array {shape} for {rows} texts, but its settings name "
                "{labels} labels. Is kbert.json from another export?",
                shape=computed.shape,
                rows=len(rows),
                labels=len(settings.labels),
            )
        result[rows] = computed
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
    encoded: list[tuple[list[int], int]], settings: ExportSettings, pad_id: int, batch_size: int
) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Yield the numbers of a batch's texts, and its arrays, longest texts first."""
    lengths = np.array([len(ids) for ids, _ in encoded], np.int32)
    for rows in length_order(lengths, batch_size):
        longest = -(-int(lengths[rows].max()) // MULTIPLE) * MULTIPLE
        width = settings.length or min(longest, settings.max_length)
        yield rows, pad([encoded[row] for row in rows], width, pad_id)
