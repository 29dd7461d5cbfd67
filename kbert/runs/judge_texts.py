"""What is wrong with the texts of a pretraining run, before anything is trained on them."""

from dataclasses import replace

import numpy as np

from kbert.config.pretrain_config import PretrainConfig
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.examples import Examples
from kbert.data.token_store import TokenStore
from kbert.findings import Cure, Finding, Option
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.wording import count_noun

_COUNT_ROWS = 2000  # enough to see whether texts are cut; `kbert inspect` looks at more
_MOST_EMPTY = 0.5  # of the texts


def judge_texts(
    config: PretrainConfig, sets: dict[str, Examples], tokenizer: Tokenizer
) -> list[Finding]:
    """Return what is wrong with the texts of a run, by what `inspect` finds in them.

    Args:
        config: PretrainConfig.
        sets: dict of Examples: "train", and "dev" if there are texts to evaluate on.
        tokenizer: Tokenizer, with its treatment of long texts set.
    """
    inspection = inspect_examples(
        sets["train"],
        tokenizer=tokenizer,
        max_length=config.max_length,
        max_rows=_COUNT_ROWS,
        dev=None if config.dev is None else sets["dev"],
        on_bad_row=config.on_bad_row,
        for_kbert=True,
    )
    # A few bad rows are skipped on request, and listed in the run.
    findings = [finding for finding in inspection.findings if finding.code != "bad-rows"]
    return [_in_rows(finding) if finding.code == "texts-cut" else finding for finding in findings]


def _in_rows(finding: Finding) -> Finding:
    """Return the finding that texts are cut, with the cure that pretraining has."""
    note = "which trains on all of each text, in rows of its own"
    return replace(finding, cure=Cure({"long_text": "windows"}, note=note))


def empty_texts(store: TokenStore) -> Finding | None:
    """Return the finding that texts have no token that could be masked, if there are some."""
    # [CLS] and [SEP], and the second [SEP] of a pair.
    special = 2 + (store.lengths > store.first_lengths)
    empty = int(np.count_nonzero(store.lengths <= special))
    if not empty:
        return None
    share = empty / len(store)
    return Finding(
        "nothing-to-mask",
        "error" if share > _MOST_EMPTY else "warning",
        "{empty} no token that could be masked and predicted ({share:.1%} of them): the "
        "tokenizer keeps none of their characters.",
        Cure(note="leave them out, or check {text}", values={"text": Option("text")}),
        {"empty": count_noun(empty, "text has", "texts have"), "share": share},
    )
