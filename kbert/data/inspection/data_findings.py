"""What the facts about a data set mean for training."""

from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.label_findings import label_findings
from kbert.data.inspection.missing_words import is_told_missing
from kbert.data.inspection.order_findings import order_findings
from kbert.data.inspection.text_findings import text_findings, token_findings
from kbert.data.reading.examples import Examples
from kbert.findings import Cure, Finding, Option
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.wording import count_noun

_MIN_DEV_ROWS = 50


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
    for name, (rows, shared) in facts.overlaps.items():
        if shared:
            findings.append(_overlap(name, rows, shared))
        if name == "dev" and 0 < rows < _MIN_DEV_ROWS:
            findings.append(_small_dev(rows))
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


def _overlap(name: str, rows: int, shared: int) -> Finding:
    return Finding(
        "dev-overlap",
        "error" if shared > 0.5 * rows else "warning",
        "{shared:,} of the {rows:,} rows of {name} ({share:.1%}) also occur in the training set, "
        "so a model that has memorized them scores well.",
        Cure(
            note="take these rows out of one of the two files, or leave out {option}",
            values={"option": Option(name)},
        ),
        {"shared": shared, "rows": rows, "name": name, "share": shared / rows},
    )


def _small_dev(rows: int) -> Finding:
    return Finding(
        "dev-small",
        "warning",
        "dev has {rows}: each of them is {share:.1%} of its accuracy, which chance alone moves by "
        "{noise:.0%} or more.",
        Cure({"dev_proportion": 0.3}, otherwise=(Cure({"dev": "FILE"}, note="with more rows"),)),
        # 95% of samples of a model that is right half of the time are within 1.96 * sqrt(1/4 / n).
        {"rows": count_noun(rows, "row"), "share": 1 / rows, "noise": 0.98 / rows**0.5},
    )
