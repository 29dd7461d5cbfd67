"""Compare an export with its model."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kbert.data.reading.examples import Examples
from kbert.errors import InputError, UnknownTokensWarning
from kbert.findings import Cure, Joined, worded
from kbert.results.scores import score_name
from kbert.targets.single import Single
from kbert.targets.target import Target
from kbert.tokenizer.rare_characters import is_rare

TOLERANCE = 1e-4
"""The largest accepted difference of a probability, or of a standardized number."""
# Compared in addition to rows of a development set: short, long, Chinese and odd.
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
_DIFFERS = (
    "The export is refused: it differs from the model. For the text {text!r:.60} the model "
    "computes {original}, the export {exported}; a difference of at most {tolerance} was expected."
)
_BY_LETTERS = " The model normalizes {letters} as Google does, which other programs may not."
_MAX_LETTERS = 5  # that a refusal names
_OF_LETTERS = Cure(
    note="replace them in the texts, here and for the other program (a final sigma by its small "
    "letter), or export as google, or as onnx, which takes token ids"
)

Compute = Callable[[Sequence[str], Sequence[str] | None], np.ndarray]
"""Maps texts, and pairs or None, to probabilities or numbers, [texts, labels]."""


@dataclass(frozen=True)
class Comparison:
    """An export that was reopened by its own runtime, compared with its model.

    Args:
        size: int. Bytes of the export's files.
        texts: int. Number of texts that were compared; 0 if the runtime is not installed.
            Defaults to 0.
        greatest: float. The greatest difference of a probability, or a number. Defaults to 0.0.
        agreeing: int. Number of texts with the same most probable class, or the same labels.
            Defaults to 0.
        per_second: float. Texts per second of the runtime, measured in a second pass. Defaults to
            0.0.
        accuracy: tuple of float or None. Accuracy of the model and of the export on the development
            set, or the score that usually decides which of two models is better. Only for an export
            that is not exact. Defaults to None.
        rows: int. Rows of the development set. Defaults to 0.
        target: Target. What a label is. Defaults to one class.
        exact: bool. Whether a difference above `TOLERANCE` would have been refused. Defaults to
            True.
    """

    size: int
    texts: int = 0
    greatest: float = 0.0
    agreeing: int = 0
    per_second: float = 0.0
    accuracy: tuple[float, float] | None = None
    rows: int = 0
    target: Target = field(default_factory=Single)
    exact: bool = True

    def __str__(self) -> str:
        size = f"{self.size / 1e6:.1f} MB"
        if not self.texts:
            return worded(
                "Not verified ({size}): reopening it needs transformers and torch.", size=size
            )
        # What is rounded to 8 bits is never refused, so it is not verified either.
        verified = worded(
            "Verified ({size}): {same} within {greatest:.1e}; {per_second:,.0f} texts/s."
            if self.exact
            else "Compared ({size}): {same} within {greatest:.1e}; {per_second:,.0f} texts/s.",
            size=size,
            same=self._same(),
            greatest=self.greatest,
            per_second=self.per_second,
        )
        if self.accuracy is None:
            return verified
        before, after = self.accuracy
        score = score_name(self.target.scores_class.monitors[0])
        name = score[:1].upper() + score[1:]
        scores = worded(
            "{score} on {rows:,} rows: {before:.4f} before, {after:.4f} after.",
            score=name,
            rows=self.rows,
            before=before,
            after=after,
        )
        return f"{verified}\n{scores}"

    def _same(self) -> str:
        """Return what is the same, up to the differences that follow."""
        if self.target.activation == "linear":
            return worded("numbers of {texts} texts", texts=self.texts)
        labels = "label" if self.target.activation == "softmax" else "labels"
        return worded(
            "same {labels} on {agreeing} of {texts} texts, probabilities",
            labels=labels,
            agreeing=self.agreeing,
            texts=self.texts,
        )


def compare(
    path: Path,
    original: Compute,
    exported: Compute | None,
    dev: Examples | None,
    *,
    target: Target = Single(),  # noqa: B008 (it is frozen)
    exact: bool = True,
    is_cut_alike: Callable[[Sequence[str], Sequence[str] | None], np.ndarray] | None = None,
) -> Comparison:
    """Return how an export compares with its model.

    Args:
        path: Path. The export.
        original: function of texts and pairs that returns the model's probabilities.
        exported: the same for the export, or None if its runtime is not installed.
        dev: Examples or None. A labelled set: 200 rows spread over it are compared too, and all of
            its rows for an export that is not exact.
        target: Target. What a label is. Defaults to one class.
        exact: bool. Whether a difference above `TOLERANCE` is refused. Defaults to True.
        is_cut_alike: function of texts and pairs that returns which of them are compared, bool
            [texts]: those that the export cuts as the model does. Defaults to None: all.

    Raises:
        InputError: the export differs; the message names the text on which it differs most.
    """
    texts, pairs = _texts(dev)
    if is_cut_alike is not None:
        chosen = np.flatnonzero(is_cut_alike(texts, pairs))
        texts = [texts[row] for row in chosen]
        pairs = None if pairs is None else [pairs[row] for row in chosen]
    size = sum(file.stat().st_size for file in [path, *path.rglob("*")] if file.is_file())
    if exported is None:
        return Comparison(size)
    with warnings.catch_warnings():
        # Some of the sentences are in languages other than the model's.
        warnings.simplefilter("ignore", UnknownTokensWarning)
        ours, theirs = original(texts, pairs), exported(texts, pairs)
    if theirs.shape != ours.shape:
        raise InputError(
            "The export is refused: its outputs have the shape {exported}, the model's have "
            "{original}.",
            exported=theirs.shape,
            original=ours.shape,
        )
    differences = np.nan_to_num(target.differences(ours, theirs), nan=np.inf).max(axis=1)
    worst = int(differences.argmax())
    if exact and differences[worst] > TOLERANCE:
        letters = {c for c in texts[worst] + ("" if pairs is None else pairs[worst]) if is_rare(c)}
        raise InputError(
            _DIFFERS + (_BY_LETTERS if letters else ""),
            cure=_OF_LETTERS if letters else None,
            letters=Joined(sorted(map(repr, letters))[:_MAX_LETTERS]),
            text=texts[worst],
            original=ours[worst].round(5).tolist(),
            exported=theirs[worst].round(5).tolist(),
            tolerance=TOLERANCE,
        )
    started = time.perf_counter()
    exported(texts, pairs)
    seconds = time.perf_counter() - started
    return Comparison(
        size,
        texts=len(texts),
        greatest=float(np.nan_to_num(abs(ours - theirs), nan=np.inf).max()),
        agreeing=_agreeing(target.decided(ours), target.decided(theirs)),
        per_second=len(texts) / seconds,
        accuracy=(
            None
            if exact or dev is None
            else (_score(original, dev, target), _score(exported, dev, target))
        ),
        rows=0 if dev is None else len(dev),
        target=target,
        exact=exact,
    )


def _texts(dev: Examples | None) -> tuple[list[str], list[str] | None]:
    """Return rows spread over a development set, and odd sentences; with pairs if it has them."""
    if dev is None:
        return list(_SENTENCES), None
    chosen = dev.take(np.unique(np.linspace(0, len(dev) - 1, _ROWS).astype(int)))
    if chosen.pairs is None:
        return [*chosen.texts, *_SENTENCES], None
    return [*chosen.texts, *_SENTENCES], [*chosen.pairs, *reversed(_SENTENCES)]


def _agreeing(ours: np.ndarray, theirs: np.ndarray) -> int:
    """Return for how many texts the decision is the same."""
    return int((ours == theirs).reshape(len(ours), -1).all(axis=1).sum())


def _score(compute: Compute, dev: Examples, target: Target) -> float:
    """Return the score that usually decides which of two models is better."""
    assert dev.y is not None
    assert dev.labels is not None
    raw = target.raw(compute(dev.texts, dev.pairs))
    scores = target.scores(raw, dev.y, dev.labels.names)
    return float(getattr(scores, scores.monitors[0]))
