"""Collects raw texts and their labels."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from kbert.data.raw.class_ids import class_ids
from kbert.data.raw.element import Element
from kbert.data.reading.examples import Examples
from kbert.data.reading.many_texts import TextWriter
from kbert.errors import InputError
from kbert.findings import Cure, Joined
from kbert.results.given_texts import as_text
from kbert.targets.labels import Labels


def read_elements(
    elements: Iterable[Element], labels: Labels, source: str, *, need_labels: bool
) -> Examples:
    """Return the examples of rows that were given in Python.

    Args:
        elements: iterable of Element.
        labels: Labels. The classes of the model.
        source: str. The name of the data in messages.
        need_labels: bool. Whether labels are read; otherwise they are left out.

    Raises:
        InputError: no rows, no labels though they are needed, a text that is not a string or is
            empty, or a label that is not one of the classes.
    """
    texts, pairs = TextWriter(), TextWriter()
    values: list[Any] = []
    weights: list[Any] = []
    counts = dict.fromkeys(("texts", "pairs", "labels", "weights"), 0)
    for element in elements:
        for place, text in enumerate(element.texts, start=counts["texts"]):
            texts.append(as_text("texts", place, text))
        for place, text in enumerate(element.pairs or (), start=counts["pairs"]):
            pairs.append(as_text("pairs", place, text))
        values += element.labels or ()
        weights += element.weights or ()
        parts = (element.texts, element.pairs, element.labels, element.weights)
        for name, part in zip(counts, parts, strict=True):
            counts[name] += len(part or ())
    rows, has_pairs, has_labels, has_weights = counts.values()
    if not rows:
        raise InputError("{source}: at least one row was expected. Received: 0", source=source)
    if need_labels and not has_labels:
        raise InputError(
            "{source}: a label for each text was expected. Received: none",
            source=source,
            cure=Cure(code="fit(texts, labels)", note="or a data set of (text, label)"),
        )
    if any(count not in (0, rows) for count in counts.values()):
        given = [f"{count:,} {name}" for name, count in counts.items() if count]
        raise InputError(
            "{source}: there must be the same number of each. Received: {given}",
            source=source,
            given=Joined(given),
        )
    return Examples(
        texts=texts.texts(),
        pairs=pairs.texts() if has_pairs else None,
        label_ids=class_ids(values, labels) if need_labels else None,
        labels=labels,
        source=source,
        weights=np.asarray(weights) if has_weights else None,
    )
