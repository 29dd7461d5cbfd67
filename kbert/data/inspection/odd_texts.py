"""Texts that are none: words for a missing value, and numbers."""

import itertools
from collections.abc import Sequence

from kbert.data.inspection.missing_words import is_told_missing
from kbert.data.reading.examples import Examples
from kbert.data.reading.label_keys import number_of
from kbert.findings import Cure, Finding
from kbert.utils.wording import count_noun

_SAMPLE = 1000  # rows examined for numbers
_SHARE = 0.9  # of them that are numbers


def odd_text_findings(examples: Examples) -> list[Finding]:
    """Return the findings about texts, or second texts, that are no texts."""
    return [*_missing(examples), *_numbers(examples)]


def _missing(examples: Examples) -> list[Finding]:
    columns = (examples.texts, examples.pairs or ())
    places = [[at for at, text in enumerate(c) if is_told_missing(text)] for c in columns]
    number = sum(map(len, places))
    if not number:
        return []
    texts, first = next((c, at[0]) for c, at in zip(columns, places, strict=True) if at)
    return [
        Finding(
            "text-looks-missing",
            "warning",
            "{texts} what programs write for a missing value, the first in row {row:,} ({text!r}).",
            Cure(note="leave these rows out; nothing if somebody wrote them"),
            {
                "texts": count_noun(number, "text is", "texts are"),
                "row": first + 1 if examples.rows is None else int(examples.rows[first]),
                "text": texts[first],
            },
        )
    ]


def _numbers(examples: Examples) -> list[Finding]:
    columns: tuple[tuple[str, Sequence[str]], ...] = (
        ("text", examples.texts),
        ("pair", examples.pairs or ()),
    )
    findings = []
    for option, texts in columns:
        sample = list(itertools.islice(texts, _SAMPLE))
        numbers = [text for text in sample if number_of(text) is not None]
        if not numbers or len(numbers) < _SHARE * len(sample):
            continue
        findings.append(
            Finding(
                "texts-are-numbers",
                "warning",
                "{numbers} of the first {sample} are numbers, such as {number!r}.",
                Cure({option: "NAME"}, note="if another column holds the texts"),
                {
                    "numbers": f"{len(numbers):,}",
                    "sample": count_noun(len(sample), "text"),
                    "number": numbers[0][:40],
                },
            )
        )
    return findings
