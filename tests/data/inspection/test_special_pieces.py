from pathlib import Path

import pytest

from kbert import Tokenizer, inspect_examples, read_examples
from kbert.data.inspection.special_pieces import special_piece_findings

TYPED = Path(__file__).parents[1] / "typed-sep.csv"
PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[", "sep", "]"]


def test_texts_that_are_joined_by_sep():
    examples = read_examples(str(TYPED))
    [finding] = special_piece_findings(examples)
    assert (finding.code, finding.severity) == ("special-pieces", "warning")
    held = sum("[SEP]" in text for text in examples.texts)
    assert finding.message.startswith(f"{held} rows ({held / 200:.1%}) contain [SEP] or another")
    assert 'as "[", "SEP", "]", not as' in finding.message
    assert str(finding.cure).startswith("put what is before and after it into two columns")
    assert "`pair`" in str(finding.cure) or 'pair="COLUMN"' in str(finding.cure)
    assert Tokenizer(PIECES).tokenize("[SEP]") == ["[", "sep", "]"]


def test_an_inspection_reports_it_until_the_cure_is_followed(tmp_path):
    examples = read_examples(str(TYPED))
    assert "special-pieces" in [f.code for f in inspect_examples(examples).findings]
    rows = [[*text.partition(" [SEP] ")[::2], label] for text, label in rows_of(examples)]
    lines = [",".join(row) for row in [["a", "b", "label"], *rows]]
    (tmp_path / "pairs.csv").write_text("\n".join(lines) + "\n")
    apart = read_examples(str(tmp_path / "pairs.csv"), text="a", pair="b")
    assert special_piece_findings(apart) == []


def rows_of(examples):
    return zip(examples.texts, (examples.labels.names[i] for i in examples.label_ids), strict=True)


@pytest.mark.parametrize(
    ("texts", "pairs", "row", "piece"),
    [
        (["a", "b", "see [MASK]!"], None, 3, "[MASK]"),
        (["a", "b[UNK]", "c"], ["x [SEP] y", "z", "z"], 1, "[SEP]"),
        (["[PAD] [CLS]", "b", "c"], None, 1, "[PAD]"),
    ],
)
def test_other_pieces(texts, pairs, row, piece):
    columns = (texts, ["x", "y", "y"]) if pairs is None else (texts, pairs, ["x", "y", "y"])
    [finding] = special_piece_findings(read_examples(columns))
    assert f"row {row}." in finding.message
    assert f"contain {piece} or" in finding.message
    assert str(finding.cure).startswith("take it out, or leave it")


def test_other_brackets_are_not_pieces():
    texts = ["[sep]", "[ SEP ]", "[SEP", "[SEPARATE]", "SEP]", "[MASKED]"]
    assert special_piece_findings(read_examples((texts, list("aabbab")))) == []
