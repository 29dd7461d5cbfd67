"""What the facts about a data set mean for training."""

from kbert.data.inspection.inspection import Inspection
from kbert.data.inspection.label_findings import label_findings
from kbert.data.inspection.odd_texts import odd_text_findings
from kbert.data.inspection.order_findings import order_findings
from kbert.data.inspection.printed_values import printed_value_findings
from kbert.data.inspection.set_findings import set_findings
from kbert.data.inspection.special_pieces import special_piece_findings
from kbert.data.inspection.target_findings import target_findings
from kbert.data.inspection.text_findings import text_findings, token_findings
from kbert.data.inspection.wrong_encoding import wrong_encoding_findings
from kbert.data.reading.examples import Examples
from kbert.findings import Finding
from kbert.tokenizer.tokenizer import Tokenizer


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
    findings = [*label_findings(facts, examples), *target_findings(examples)]
    findings += text_findings(facts, examples)
    findings += wrong_encoding_findings(examples)
    findings += [*odd_text_findings(examples), *printed_value_findings(examples, facts.classes)]
    findings += order_findings(facts, examples, for_kbert)
    findings += special_piece_findings(examples)
    if tokenizer is not None:
        findings += token_findings(facts, tokenizer, max_length)
    findings += set_findings(facts.overlaps, facts.target)
    return findings
