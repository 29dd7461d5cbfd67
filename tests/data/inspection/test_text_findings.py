"""What is wrong with the texts of a small file of real sentences."""

import numpy as np
import pytest
from inspected import found, severities

from kbert import Examples, Labels, Tokenizer, TokenStore, Windows
from kbert.data.inspection.inspect_examples import inspect_examples


def test_texts_that_look_like_missing_values(rows, read):
    rows[0][1] = ""  # a row that is skipped but still counted
    rows[3][0], rows[7][0] = "nan", " <NA> "
    finding = found(inspect_examples(read(rows)))["text-looks-missing"]
    assert finding.severity == "warning"
    assert finding.message == (
        "2 texts are what programs write for a missing value, the first in row 4 ('nan')."
    )


@pytest.mark.parametrize(
    ("repeated", "severity", "counted"),
    [(1, "info", "1 row"), (2, "info", "2 rows"), (3, "warning", "3 rows")],
    ids=str,
)
def test_duplicates(repeated, severity, counted, rows, read):
    same = [row for row in rows if row[1] == "good"][: repeated + 1]
    for row in same:
        row[0] = "A joy."
    same[-1][0] = " a  JOY."
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"duplicates": severity}
    message = found(inspection)["duplicates"].message
    assert message.startswith(f"{counted} ({repeated / 200:.1%}) with the text of an earlier row:")
    assert (
        f"  duplicates   {counted} with the text of an earlier row" in str(inspection).splitlines()
    )


def test_conflicting_labels_name_the_row_numbers_of_the_file(rows, read):
    bad, good = ([i for i, row in enumerate(rows) if row[1] == name] for name in ("bad", "good"))
    first, second = sorted([bad[5], good[5]])
    rows[first][0], rows[second][0] = "So so.", "so  so."
    rows[0][1] = ""  # a row that is skipped but still counted
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {
        "bad-rows": "info",
        "conflicting-labels": "warning",
        "duplicates": "info",
    }
    message = found(inspection)["conflicting-labels"].message
    assert message.startswith("2 rows have a text that also occurs with another label")
    assert f"such as rows {first + 1} and {second + 1};" in message
    assert inspection.to_dict()["duplicates"]["conflict"] == (first + 1, second + 1)


@pytest.mark.parametrize(("words", "cure"), [(40, "64"), (90, "128"), (400, "512")])
def test_texts_that_are_cut(words, cure, rows, read, minilm):
    for i in range(0, 200, 10):
        rows[i][0] = " ".join([str(i % 7), *["very"] * (words - 2), f"fine{i}"])
    examples = read(rows)
    lengths = [len(ids) for ids, _ in minilm.encode(examples.texts, max_length=512)]
    cut = sum(length > 32 for length in lengths) / 200
    inspection = inspect_examples(examples, tokenizer=minilm, max_length=32)
    assert severities(inspection) == {"texts-cut": "warning"}
    finding = found(inspection)["texts-cut"]
    assert finding.message.startswith(f"{cut:.0%} of the texts have more than 32 tokens")
    assert f"(the longest has {max(lengths)})" in finding.message
    times = sum(min(n, int(cure)) for n in lengths) / sum(min(n, 32) for n in lengths)
    # 402 tokens: 18 windows of 30, each with 23 new ones.
    most = 18 if words == 400 else 16
    reader = minilm.with_truncation("windows", windows=Windows(max_windows=most))
    more = windows_tokens(reader, examples, 32) / sum(min(n, 32) for n in lengths)
    assert str(finding.cure) == (
        f"max_length={cure}, which takes about {times:.1f} times as long, "
        'or long_text="head+tail", which reads beginnings and ends in the same time, '
        f'or long_text="windows"{", max_windows=18" * (words == 400)}, which reads whole texts '
        f"and takes about {more:.1f} times as long"
    )
    assert severities(inspect_examples(examples, tokenizer=reader, max_length=32)) == {}
    assert severities(inspect_examples(examples, tokenizer=minilm, max_length=int(cure))) == {}


def windows_tokens(tokenizer, examples, max_length):
    """Return the total number of tokens in all windows of the texts."""
    store = TokenStore.build(examples, tokenizer, max_length)
    return sum(len(ids) for row in range(len(store)) for ids, _ in store.windows(row))


def test_pairs_whose_texts_are_both_too_long(minilm):
    examples = Examples(
        [" ".join(["very"] * (20 + n % 3)) for n in range(40)],
        [" ".join(["so"] * (60 + n)) for n in range(40)],
        label_ids=np.arange(40) % 2,
        labels=Labels(("bad", "good")),
    )
    cut = inspect_examples(examples, tokenizer=minilm, max_length=32)
    # 14 of a window's 29 tokens belong to the repeated text, which is therefore cut.
    assert "windows" not in str(found(cut)["texts-cut"].cure)
    reader = minilm.with_truncation("windows")
    finding = found(inspect_examples(examples, tokenizer=reader, max_length=32))["texts-cut"]
    assert finding.message.startswith("100% of the texts have more tokens than 16 windows of 32")
    assert finding.cure.settings == {"max_length": 64}
    assert "texts-cut" not in found(inspect_examples(examples, tokenizer=reader, max_length=64))


def test_texts_that_do_not_fit_into_the_windows(rows, read, minilm):
    for i in range(0, 200, 10):
        rows[i][0] = " ".join([str(i % 7), *["very"] * 98, f"fine{i}"])
    examples = read(rows)
    tokenizer = minilm.with_truncation("windows", windows=Windows(stride=10, max_windows=2))
    inspection = inspect_examples(examples, tokenizer=tokenizer, max_length=32)
    assert severities(inspection) == {"texts-cut": "warning"}
    finding = found(inspection)["texts-cut"]
    longest = inspection.lengths.quantiles[-1]
    assert finding.message == (
        "10% of the texts have more tokens than 2 windows of 32 hold, and the rest is not "
        f"read (the longest has {longest})."
    )
    # About 101 tokens: 30 in the first window, and 20 more in each further one.
    assert finding.cure.settings == {"max_windows": 5}
    more = minilm.with_truncation("windows", windows=Windows(stride=10, max_windows=5))
    times = windows_tokens(more, examples, 32) / windows_tokens(tokenizer, examples, 32)
    assert str(finding.cure).endswith(f"which takes about {times:.1f} times as long")
    assert severities(inspect_examples(examples, tokenizer=more, max_length=32)) == {}


@pytest.mark.parametrize(
    ("max_length", "cure"),
    [
        (128, "max_length=512, which takes about "),  # the most that any proposal reads
        (300, "max_length=512, which takes about "),
        (512, 'long_text="head+tail", which reads'),
        (600, 'long_text="head+tail", which reads'),
    ],
)
def test_texts_that_no_model_can_read_in_full(max_length, cure, rows, read, minilm):
    for i in range(0, 200, 10):
        rows[i][0] = " ".join(["very"] * 600 + [str(i)])
    inspection = inspect_examples(read(rows), tokenizer=minilm, max_length=max_length)
    assert str(found(inspection)["texts-cut"].cure).startswith(cure)
    other = minilm.with_truncation("head+tail")
    inspection = inspect_examples(read(rows), tokenizer=other, max_length=max_length)
    finding = found(inspection)["texts-cut"]
    assert "their middles are not read" in finding.message
    otherwise = "max_length=512, which" if max_length < 512 else 'long_text="windows", which reads'
    assert str(finding.cure).startswith(otherwise)


def test_a_cased_tokenizer_with_an_uncased_vocabulary(rows, read, minilm_vocab):
    tokenizer = Tokenizer.from_file(minilm_vocab, lowercase=False)
    examples = read(rows)
    ids = [number for row in tokenizer.token_ids(examples.texts) for number in row]
    unknown = ids.count(tokenizer.unk_id) / len(ids)
    assert unknown > 0.02
    inspection = inspect_examples(examples, tokenizer=tokenizer)
    assert severities(inspection) == {"wrong-casing": "warning"}
    finding = found(inspection)["wrong-casing"]
    assert (
        f"{unknown:.1%} of the tokens are [UNK]; with the other casing 0.0% would be"
        in finding.message
    )
    assert str(finding.cure) == "Tokenizer(..., lowercase=True)"


@pytest.mark.parametrize(
    ("text", "script", "preset"),
    [
        ("这部电影非常精彩，演员很棒", "CJK", "bert_base_zh"),
        ("ሰላም ፊልም", "ETHIOPIC", "FOLDER"),
    ],
)
def test_a_script_that_the_vocabulary_does_not_know(text, script, preset, rows, read, minilm):
    examples = read([[f"{text} {i}", label] for i, (_, label) in enumerate(rows)])
    ids = [number for row in minilm.token_ids(examples.texts) for number in row]
    inspection = inspect_examples(examples, tokenizer=minilm)
    share = ids.count(minilm.unk_id) / len(ids)
    assert share > 0.5
    assert severities(inspection) == {"unknown-tokens": "error"}
    finding = found(inspection)["unknown-tokens"]
    assert finding.message.startswith(f"{share:.1%} of the tokens")
    assert f"the {script} letters" in finding.message
    assert finding.cure.settings == {"preset": preset}


def test_unknown_tokens_are_an_error_only_above_half(rows, read):
    tokenizer = Tokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "tea"])
    for other, severity in (("tea", "warning"), ("kava", "error")):
        texts = [
            [f"tea coffee {other if i == 0 else ''}", label] for i, (_, label) in enumerate(rows)
        ]
        inspection = inspect_examples(read(texts), tokenizer=tokenizer)
        assert found(inspection)["unknown-tokens"].severity == severity
