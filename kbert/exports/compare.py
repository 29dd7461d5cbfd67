"""Whether an export says what its model says."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError
from kbert.exports.comparison import Comparison

TOLERANCE = 1e-4
"""The most that a probability may differ by."""
# Beside the rows of a development set: short, long, Chinese and odd.
_SENTENCES = (
    "A moving story, beautifully told from start to end.",
    "no",
    "The plot makes no sense at all, and I wanted my money back after twenty minutes of it!",
    "Zürich, 3 p.m.: “it's 50 % off” – naïve café-goers paid €7.50 (again)...",
    "这部电影很好看,我会推荐给朋友。",
    "UPPER lower MiXeD 1234567890 antidisestablishmentarianism",
    "word " * 300,
)
_ROWS = 200

Compute = Callable[[Sequence[str], Sequence[str] | None], np.ndarray]
"""From texts, and pairs or None, to probabilities [texts, labels]."""


def compare(
    path: Path, here: Compute, there: Compute | None, dev: Examples | None, *, exact: bool = True
) -> Comparison:
    """Return what was seen of an export beside its model.

    Args:
        path: Path. The export.
        here: function of texts and pairs that returns the model's probabilities.
        there: the same of the export; None where nothing reads it here.
        dev: Examples or None. A labelled set, of which 200 rows from all over are asked too, and
            all of an export that is not exact.
        exact: bool. Whether a difference above `TOLERANCE` is refused. Defaults to True.

    Raises:
        KbertError: the export differs; with the text on which it differs most.
    """
    texts, pairs = _texts(dev)
    size = sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
    if there is None:
        return Comparison(size)
    ours, theirs = here(texts, pairs), there(texts, pairs)
    if theirs.shape != ours.shape:
        raise InputError(
            "The export is refused: its probabilities have the shape {shape}, and the model's "
            "{shape2}.",
            shape=theirs.shape,
            shape2=ours.shape,
        )
    differences = np.nan_to_num(np.abs(ours - theirs), nan=np.inf).max(axis=1)
    worst = int(differences.argmax())
    if exact and differences[worst] > TOLERANCE:
        raise InputError(
            "The export is refused: it differs from the model. The text {texts!r:.60} has the "
            "probabilities {ours} here and {theirs} there; at most {tolerance} were expected.",
            texts=texts[worst],
            ours=ours[worst].round(5).tolist(),
            theirs=theirs[worst].round(5).tolist(),
            tolerance=TOLERANCE,
        )
    started = time.perf_counter()
    there(texts, pairs)
    return Comparison(
        size,
        texts=len(texts),
        greatest=float(differences[worst]),
        agreeing=int((ours.argmax(1) == theirs.argmax(1)).sum()),
        per_second=len(texts) / (time.perf_counter() - started),
        accuracy=None if exact or dev is None else (_accuracy(here, dev), _accuracy(there, dev)),
        rows=0 if dev is None else len(dev),
    )


def _texts(dev: Examples | None) -> tuple[list[str], list[str] | None]:
    """Return rows from all over a development set, and odd sentences; pairs where it has them."""
    if dev is None:
        return list(_SENTENCES), None
    chosen = dev.take(np.unique(np.linspace(0, len(dev) - 1, _ROWS).astype(int)))
    if chosen.pairs is None:
        return [*chosen.texts, *_SENTENCES], None
    return [*chosen.texts, *_SENTENCES], [*chosen.pairs, *reversed(_SENTENCES)]


def _accuracy(compute: Compute, dev: Examples) -> float:
    return float((compute(dev.texts, dev.pairs).argmax(1) == dev.label_ids).mean())
