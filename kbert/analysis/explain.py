"""Explain a prediction by the words of its text."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kbert.analysis.explanation import Explanation
from kbert.analysis.text_words import text_words, without
from kbert.analysis.word_effect import WordEffect
from kbert.errors import InputError
from kbert.findings import Cure, Joined, Option, worded
from kbert.interop.sources import find_source
from kbert.results.given_texts import as_texts
from kbert.serving.predictor import Predictor
from kbert.utils.counts import check_count
from kbert.utils.wording import name_list

if TYPE_CHECKING:
    from kbert.models.bert_classifier import BertClassifier


def explain(
    model: "str | Path | Predictor | BertClassifier",
    text: str,
    pair: str | None = None,
    *,
    label: str | None = None,
    max_words: int = 500,
    batch_size: int = 32,
    backend: str | None = None,
) -> Explanation:
    """Return how each word of a text affects what a model predicts for it.

    Each word is left out in turn, and the model predicts what is left:

        effect[word] = output(text) - output(text without the word)

    A positive effect supports the label. The effect is exact for a word on its own; where two words
    say the same thing, leaving out either one changes little. A word is a run of letters and
    digits, a Chinese character, or a punctuation mark or symbol. The outputs are probabilities, or
    numbers in their own unit.

    Args:
        model: str or Path that `Predictor.load` takes, Predictor or BertClassifier.
        text: str.
        pair: str or None. The second text, for a model of text pairs. Defaults to None.
        label: str or None. The label to explain, or which number if the model predicts several.
            Defaults to None: the likeliest label, or the only number.
        max_words: int, 1 or more. How many words of each text, from its beginning, are left out in
            turn. Defaults to 500.
        batch_size: int. Texts that are predicted at once. Defaults to 32.
        backend: str or None. The Keras backend, if `model` is a path. Defaults to None: see
            `choose_backend`.

    Returns:
        Explanation. Printing it shows the words that matter most.

    Raises:
        InputError: there is no such model or label, or no word that can be left out.

    Source: J. Li, W. Monroe and D. Jurafsky, "Understanding Neural Networks through Representation
    Erasure", 2016.

    Example:

    ```python
    explanation = explain(model, "A moving story, and very funny.")
    print(explanation)
    assert explanation.words[1].word == "moving"
    ```
    """
    check_count("max_words", max_words)
    (text,), seconds = as_texts([text], None if pair is None else [pair])
    pair = None if seconds is None else seconds[0]
    predictor = _predictor(model, pair is not None, backend)
    labels = list(predictor.labels)
    texts = (text,) if pair is None else (text, pair)
    _check_label(label, labels)
    left_out = [one for part in range(len(texts)) for one in _left_out(texts, part, max_words)]
    known = [texts, *(variant for _, _, _, variant in left_out if variant is not None)]
    if len(known) == 1:
        raise InputError(
            "The text has no word that can be left out: nothing would be left. Received: {text!r}",
            text=text,
        )
    firsts = [of[0] for of in known]
    others = None if pair is None else [of[1] for of in known]
    outputs = iter(predictor.predict_proba(firsts, others, batch_size))
    first = next(outputs)
    at = _explained(first, labels, label, is_number=predictor.target.activation == "linear")
    words = tuple(
        WordEffect(
            word=texts[part][start:end],
            start=start,
            end=end,
            effect=None if variant is None else float(first[at]) - float(next(outputs)[at]),
            is_of_pair=part == 1,
        )
        for part, start, end, variant in left_out
    )
    return Explanation(
        text=text,
        pair=pair,
        label=labels[at],
        output=float(first[at]),
        is_number=predictor.target.activation == "linear",
        words=words,
        notes=_notes(texts, max_words),
    )


def _predictor(model: Any, is_pair: bool, backend: str | None) -> Predictor:
    if isinstance(model, Predictor):
        return model
    if not isinstance(model, (str, Path)):
        return Predictor(model.labels.names, model.predict_proba, model)
    takes_pairs = find_source(model, predicts=True).text_pairs()
    if takes_pairs is not None and takes_pairs != is_pair:
        raise InputError(
            "{model} was trained on text pairs. Give the second text too."
            if takes_pairs
            else "{model} was trained on single texts. Leave out {option}.",
            model=model,
            option=Option("pair"),
            cure=Cure({"pair": "TEXT"}) if takes_pairs else None,
        )
    return Predictor.load(model, backend=backend)


def _left_out(
    texts: tuple[str, ...], part: int, max_words: int
) -> Iterator[tuple[int, int, int, tuple[str, ...] | None]]:
    """Yield where each word is, and the texts without it, or None if its text would be empty."""
    for start, end in islice(text_words(texts[part]), max_words):
        left = without(texts[part], start, end)
        variant = (*texts[:part], left, *texts[part + 1 :])
        yield part, start, end, variant if left.strip() else None


def _check_label(label: str | None, labels: Sequence[str]) -> None:
    if label is not None and label not in labels:
        raise InputError(
            "{option} must be one of the model's labels: {labels}. Received: {label!r}",
            option=Option("label"),
            labels=name_list(labels, 20),
            label=label,
        )


def _explained(row: Any, labels: Sequence[str], label: str | None, *, is_number: bool) -> int:
    """Return the column that is explained."""
    if label is not None:
        return labels.index(label)
    if is_number and len(labels) > 1:
        raise InputError(
            "The model predicts several numbers: {labels}. Name one.",
            labels=Joined(labels[:20]),
            cure=Cure({"label": labels[0]}),
        )
    return int(row.argmax())


def _notes(texts: Sequence[str], max_words: int) -> tuple[str, ...]:
    longer = [text for text in texts if len(list(text_words(text))) > max_words]
    if not longer:
        return ()
    return (
        worded(
            "Only the first {max_words:,} words of a text were left out in turn.",
            max_words=max_words,
        ),
    )
