"""What the facts about a data set mean for training."""

from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.label_findings import label_findings
from kbert.data.inspection.missing_words import is_told_missing
from kbert.data.inspection.order_findings import order_findings
from kbert.data.inspection.set_findings import set_findings
from kbert.data.inspection.text_findings import text_findings, token_findings
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.wording import count_noun


def data_findings(
    facts: Inspection,
    examples: Examples,
    tokenizer: Tokenizer | None,
    max_length: int,
    *,
    for_kbert: bool = False,
) -> list[Finding]:
    """Return what will cause trouble, given the facts about a data set.

    Args:
        facts: Inspection, whose own findings are not read.
        examples: Examples.
        tokenizer: Tokenizer or None.
        max_length: int.
        for_kbert: bool, as in `inspect_examples`. Defaults to False.
    """
    findings = [*label_findings(facts), *text_findings(facts)]
    findings += _missing_texts(examples)
    findings += order_findings(facts, examples, for_kbert)
    if tokenizer is not None:
        findings += token_findings(facts, tokenizer, max_length)
    findings += set_findings(facts.overlaps)
    return findings


def _missing_texts(examples: Examples) -> list[Finding]:
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
