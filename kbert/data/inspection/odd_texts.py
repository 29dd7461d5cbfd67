"""Texts that are not language: missing-value words, numbers, ids, and texts without letters."""

import itertools
import re
from collections.abc import Sequence

from kbert.data.inspection.missing_words import is_told_missing
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding
from kbert.targets.label_keys import number_of
from kbert.utils.wording import count_noun

_SAMPLE = 1000  # rows examined for texts that are not language
_SHARE = 0.9  # of them that are of one such kind
_BLANK, _DIGIT = re.compile(r"\s"), re.compile(r"\d")


def odd_text_findings(examples: Examples) -> list[Finding]:
    """Return the findings about texts, or second texts, that are not language."""
    return [*_missing(examples), *not_language_findings(examples)]


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
            "{texts} what programs write for a missing value, the first in {place} ({text!r}).",
            Cure(note="leave these rows out, unless somebody wrote them"),
            {
                "texts": count_noun(number, "text is", "texts are"),
                "place": examples.place(examples.number(first)),
                "text": texts[first],
            },
        )
    ]


def not_language_findings(examples: Examples) -> list[Finding]:
    """Return a finding for each column whose texts are numbers, ids, or without letters."""
    columns: tuple[tuple[str, Sequence[str]], ...] = (
        ("text", examples.texts),
        ("pair", examples.pairs or ()),
    )
    return [
        finding
        for option, texts in columns
        if (finding := _kind(option, list(itertools.islice(texts, _SAMPLE)))) is not None
    ]


def _kind(option: str, sample: list[str]) -> Finding | None:
    for code, template, is_kind in (
        (
            "texts-are-numbers",
            "{found} of the first {sample} are numbers, such as {text!r}.",
            _is_number,
        ),
        (
            "texts-without-letters",
            "{found} of the first {sample} contain no letters, such as {text!r}.",
            _has_no_letters,
        ),
        (
            "texts-are-ids",
            "{found} of the first {sample} are one word with digits, such as {text!r}: they look "
            "like ids, hashes or addresses.",
            _is_id,
        ),
    ):
        found = [text for text in sample if is_kind(text)]
        if found and len(found) >= _SHARE * len(sample):
            return Finding(
                code,
                "warning",
                template,
                Cure({option: "NAME"}, note="if another column holds the texts"),
                {
                    "found": f"{len(found):,}",
                    "sample": count_noun(len(sample), "text"),
                    "text": found[0][:40],
                },
            )
    return None


def _is_number(text: str) -> bool:
    return number_of(text) is not None


def _has_no_letters(text: str) -> bool:
    return not any(c.isalpha() for c in text)


def _is_id(text: str) -> bool:
    """Whether a text is one long word with digits, as ids, hashes, addresses and base64 are."""
    text = text.strip()
    return (
        len(text) > 5 and text.isascii() and not _BLANK.search(text) and bool(_DIGIT.search(text))
    )
