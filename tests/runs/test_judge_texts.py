"""Findings in texts, worded for pretraining."""

import pytest

from kbert import Examples, Tokenizer, TokenStore
from kbert.config.pretrain_config import PretrainConfig
from kbert.runs.judge_texts import empty_texts, judge_texts

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghij"]
LONG = [" ".join("abcdefghij"[: 6 + n % 5]) for n in range(20)]


def judged(texts, **settings):
    config = PretrainConfig("texts.txt", max_length=6, **settings)
    tokenizer = Tokenizer(PIECES).with_truncation(config.long_text, None, config.windows)
    return judge_texts(config, {"train": Examples(texts, source="texts.txt")}, tokenizer)


def test_long_texts_are_a_finding_only_if_they_are_cut():
    [finding] = [f for f in judged(LONG, long_text="tail") if f.code == "texts-cut"]
    assert finding.cure.settings == {"long_text": "windows"}
    cured = judged(LONG, **finding.cure.settings)
    assert "texts-cut" not in [f.code for f in cured]


@pytest.mark.parametrize(
    ("texts", "code", "severity"),
    [
        (["a b c", "a b c", "d e"], "duplicates", "warning"),
        (["xyz wvu", "qrst", "uvw"], "unknown-tokens", "error"),
        (["12", "345", "7"] * 5, "texts-are-numbers", None),
    ],
)
def test_texts_get_the_findings_of_inspect(texts, code, severity):
    found = {finding.code: finding.severity for finding in judged(texts)}
    assert code in found
    assert severity in (None, found[code])


@pytest.mark.parametrize(
    ("texts", "severity"), [(["\u200b", "a", "b"], "warning"), (["\u200b", "\u200b", "b"], "error")]
)
def test_texts_without_a_token(texts, severity):
    finding = empty_texts(TokenStore.build(Examples(texts), Tokenizer(PIECES), 8))
    assert (finding.code, finding.severity) == ("nothing-to-mask", severity)
    rest = [text for text in texts if text != "\u200b"]
    assert empty_texts(TokenStore.build(Examples(rest), Tokenizer(PIECES), 8)) is None


def test_pairs_without_a_token():
    pairs = Examples(["\u200b", "a"], ["\u200b", "b"])
    finding = empty_texts(TokenStore.build(pairs, Tokenizer(PIECES), 8))
    assert "1 text has no token" in finding.message
