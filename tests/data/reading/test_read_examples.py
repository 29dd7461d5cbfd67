"""Every refusal, each with a real file: it names the file, the row, the line and a cure."""

import io
import subprocess
import sys

import pytest

from kbert.data.reading.read_examples import read_examples
from kbert.errors import KbertError
from kbert.targets.labels import Labels

CHINESE = "text,label\n这部电影很好,好\n故事太无聊,坏\n"
SKIP = 'on_bad_row="skip"'
# What comes before and after a bad row: one usable row each.
AROUND = {
    ".csv": (b"text,label\nfine,yes\n", b"dull,no\n"),
    ".tsv": (b"text\tlabel\nfine\tyes\n", b"dull\tno\n"),
    ".jsonl": (b'{"text": "fine", "label": "yes"}\n', b'{"text": "dull", "label": "no"}\n'),
}
# name: (suffix, the bad row, its line, the reason, the cure)
BAD_ROWS = {
    "bytes": (".csv", b"caf\xe9!,no\n", 3, "the bytes 0xe9 0x21 0x2c 0x6e are not", "cp1252"),
    "bytes in TSV": (".tsv", b"a \xe9!\tno\n", 3, "the bytes 0xe9 0x21", 'encoding="cp1252"'),
    "bytes in JSON": (".jsonl", b'{"text": "\xe9!"}\n', 2, "the bytes 0xe9", 'encoding="cp1252"'),
    "few fields": (".csv", b"alone\n", 3, "1 field where the first row has 2", "double quotes"),
    "many fields": (".csv", b"a, b,no\n", 3, "3 fields where the first row has 2", "fix the row"),
    "many in TSV": (".tsv", b"a\tb\tno\n", 3, "3 fields where the first row has 2", "fix the row"),
    "broken quote": (".csv", b'"so" called,no\n', 3, "broken quoting", 'quoting="none"'),
    "broken JSON": (".jsonl", b'{"text":\n', 2, "broken JSON at column", "fix the line"),
    "JSON list": (
        ".jsonl",
        b"[1]\n",
        2,
        "object was expected. Received: list",
        "fix the line",
    ),
    "JSON behind a blank": (".jsonl", b"\n7\n", 3, "a JSON object was expected", "fix the line"),
    "deep JSON": (".jsonl", b"[" * 100_000 + b"\n", 2, "JSON nested too deeply", "fix the line"),
    "huge number": (".jsonl", b'{"label": ' + b"1" * 5000 + b"}\n", 2, "JSON", "fix the line"),
    "NUL": (".csv", b"a\0b,no\n", 3, "NUL character", "remove the character"),
    "NUL in JSON": (
        ".jsonl",
        b'{"text": "a\\u0000", "label": "no"}\n',
        2,
        "NUL",
        "remove the character",
    ),
    "no text": (".csv", b"  ,no\n", 3, "the text (column 'text') is empty", "fill it in"),
    "bytes of GB": (".tsv", "很好\t好\n".encode("gb18030"), 3, "are not utf-8", "gb18030"),
    "no label": (".csv", b"some,\n", 3, "the label (column 'label') is missing", "fill it in"),
    "blank label": (".csv", b"some, \n", 3, "the label (column 'label') is missing", "fill it in"),
    "no key": (
        ".jsonl",
        b'{"text": "a"}\n',
        2,
        "the label (column 'label') is missing",
        "fill it in",
    ),
    "two lines": (
        ".csv",
        b'"two\nlines",\n',
        3,
        "the label (column 'label') is missing",
        "fill it in",
    ),
}


@pytest.fixture(params=BAD_ROWS.values(), ids=BAD_ROWS.keys())
def bad_row(request, tmp_path):
    suffix, row, line, reason, cure = request.param
    before, behind = AROUND[suffix]
    path = tmp_path / f"reviews{suffix}"
    path.write_bytes(before + row + behind)
    return path, f"{path}, row 2 (line {line}): ", reason, cure


def test_a_bad_row_is_refused_with_file_row_line_reason_and_cure(bad_row):
    path, where, reason, cure = bad_row
    with pytest.raises(KbertError) as refusal:
        read_examples(path)
    message = str(refusal.value)
    assert message.startswith(where)
    assert cure in message.partition(reason)[2]
    assert SKIP in message


def test_a_bad_row_is_skipped_and_listed_and_the_next_one_is_read(bad_row):
    path, where, reason, _ = bad_row
    examples = read_examples(path, on_bad_row="skip")
    assert examples.texts == ["fine", "dull"]
    assert examples.labels.names == ("no", "yes")
    [skipped] = examples.skipped
    assert str(skipped).startswith(where)
    assert reason in skipped.reason
    assert str(examples).endswith("; 1 bad row left out")


def test_several_bad_rows_are_counted_each_with_its_reason(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\na,1\n,1\nb\nc,2\n\xff,2\nd,\ne,2\n")
    examples = read_examples(path, on_bad_row="skip")
    assert examples.texts == ["a", "c", "e"]
    found = [(row.number, row.line, row.reason.split()[-1]) for row in examples.skipped]
    assert found == [(2, 3, "empty"), (3, 4, "2"), (5, 6, "utf-8"), (6, 7, "missing")]
    assert str(examples).endswith("; 4 bad rows left out")


@pytest.mark.parametrize(
    ("name", "data", "options"),
    [
        ("a.jsonl", b'{broken\n{"text": "a", "label": 1}\n{"text": "b", "label": 2}\n', {}),
        ("a.csv", b"\xff,1\na,1\nb,2\n", {"header": False, "text": "0", "label": "1"}),
    ],
    ids=["JSON Lines", "CSV without header"],
)
def test_a_bad_first_row_is_skipped_as_its_message_proposes(name, data, options, tmp_path):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(KbertError, match=SKIP):
        read_examples(path, **options)
    examples = read_examples(path, on_bad_row="skip", **options)
    assert (examples.texts, len(examples.skipped)) == (["a", "b"], 1)


# name: (file, bytes, options, what the message holds besides the file)
REFUSALS = {
    "no such column": ("a.csv", b"text,label\na,1\n", {"text": "body"}, ["'body'", 'text="NAME"']),
    "no such position": ("a.csv", b"text,label\na,1\n", {"label": "2"}, ["'2'", 'label="NAME"']),
    "no text column": ("a.csv", b"foo,label\na,1\n", {}, ["as the text", "'foo'", 'text="NAME"']),
    "no label column": ("a.csv", b"text,foo\na,1\n", {}, ["as the label", 'label="NAME"']),
    "text is label": ("a.csv", b"text,label\na,1\n", {"label": "text"}, ["'text'", 'label="NAME"']),
    "open quote": ("a.csv", b'text,label\n"a,1\nb,2\n', {}, ["row 1 (line 2)", 'quoting="none"']),
    "header only": ("a.csv", b"text,label\n", {}, ["at least one row was expected"]),
    "empty CSV": ("a.csv", b"", {}, ["contains no rows", "at least one row"]),
    "empty JSON Lines": ("a.jsonl", b"\n", {}, ["contains no rows", "JSON objects were expected"]),
    "empty lines": ("a.txt", b"", {"need_label": False}, ["at least one row was expected"]),
    "all skipped": (
        *("a.csv", b"text,label\n,1\n,2\n", {"on_bad_row": "skip"}),
        ["All 2 were skipped", "row 1 (line 2)", "is empty", "fill it in"],
    ),
    "one class": ("a.csv", b"text,label\na,1\nb,1\n", {}, ["'1'", "two classes", 'label="NAME"']),
    "unknown suffix": ("a.dat", b"", {}, ["'.dat'", ".csv", ".jsonl", ".parquet", 'format="csv"']),
    "text as Parquet": ("a.parquet", b"text,label\n", {}, ["is text", "PARQUET", 'format="csv"']),
    "not Parquet": ("a.parquet", b"PAR1\0\0", {}, ["not a readable Parquet file"]),
    "UTF-16 as UTF-8": ("a.csv", CHINESE.encode("utf-16"), {}, ['encoding="utf-16"']),
    "broken UTF-16": (
        *("a.csv", CHINESE.encode("utf-16") + b"\x00\xd8a\x00", {"encoding": "utf-16"}),
        ["line 4"],
    ),
}


@pytest.mark.parametrize(
    ("name", "data", "options", "held"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_errors_beyond_a_single_row_are_refused(name, data, options, held, tmp_path):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(KbertError) as refusal:
        read_examples(path, **options)
    message = str(refusal.value)
    assert [part for part in [str(path), *held] if part not in message] == []


def test_a_missing_file_is_refused_with_its_neighbours(tmp_path):
    (tmp_path / "train.csv").write_bytes(b"")
    for name in ("trian.csv", "trian.parquet"):
        with pytest.raises(KbertError, match="Check the path") as refusal:
            read_examples(tmp_path / name)
        assert str(tmp_path / name) in str(refusal.value)
        assert ("train.csv" in str(refusal.value)) == (name == "trian.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(KbertError, match=r"folder\.csv is a directory; a file was expected"):
        read_examples(tmp_path / "folder.csv")


def test_an_encoding_is_proposed_and_then_reads_the_file(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(CHINESE.encode("gb18030"))
    with pytest.raises(
        KbertError, match=r'2 of its first 3 lines cannot be .*Cure: encoding="gb18030"$'
    ):
        read_examples(path)
    examples = read_examples(path, encoding="gb18030")
    assert examples.texts == ["这部电影很好", "故事太无聊"]
    assert examples.labels.names == ("坏", "好")


def test_an_unknown_encoding_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\na,1\nb,2\n")
    for encoding in ("latin-99", "rot13"):  # the second is a Python codec, but not for text
        with pytest.raises(KbertError, match=f"gb18030.*{encoding}"):
            read_examples(path, encoding=encoding)


def test_a_dev_label_that_train_lacks_is_refused_or_skipped(tmp_path):
    path = tmp_path / "dev.csv"
    path.write_bytes(b"text,label\na,no\nb,maybe\nc,yes\n")
    train = Labels(("no", "yes"))
    with pytest.raises(
        KbertError, match=r"dev\.csv, row 2 \(line 3\): the label 'maybe' is not one of "
    ):
        read_examples(path, labels=train)
    dev = read_examples(path, labels=train, on_bad_row="skip")
    assert dev.labels is train
    assert (dev.texts, dev.label_ids.tolist(), len(dev.skipped)) == (["a", "c"], [0, 1], 1)


def test_a_dev_set_of_one_class_keeps_the_numbers_of_train(tmp_path):
    path = tmp_path / "dev.csv"
    path.write_bytes(b"text,label\na,yes\n")
    assert read_examples(path, labels=Labels(("no", "yes"))).label_ids.tolist() == [1]


def test_texts_without_labels(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\na,1\nb,\n")
    examples = read_examples(path, need_label=False)
    assert (examples.texts, examples.label_ids) == (["a", "b"], None)


def test_a_stream_is_read_as_lines_or_as_the_format_named():
    lines = read_examples(io.BytesIO(b"a, b\nc\n"), need_label=False)
    assert (lines.texts, lines.source) == (["a, b", "c"], "standard input")
    table = read_examples(io.BytesIO(b"\xef\xbb\xbftext,label\na,1\nb,2\n"), format="csv")
    assert (table.texts, table.label_ids.tolist()) == (["a", "b"], [0, 1])


def test_data_is_handled_without_importing_a_framework(tmp_path, minilm_vocab):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\na,1\nb,2\n")
    program = f"""
import sys
import kbert
examples = kbert.read_examples({str(path)!r})
tokenizer = kbert.Tokenizer.from_file({str(minilm_vocab)!r})
store = kbert.TokenStore.build(examples, tokenizer, 8, {str(tmp_path)!r})
kbert.epoch_order(0, 0, store.lengths, 1)
str(kbert.TrainingPlan(examples=len(store), batch_size=1))
kbert.TrainConfig(data="a.csv").to_toml()
print(len(store), {{"keras", "tensorflow", "jax", "torch"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("2 set()\n", "")


def test_the_classes_may_be_given_as_a_list():
    data = (["good", "bad"], ["yes", "no"])
    examples = read_examples(data, labels=["yes", "no"])
    assert (examples.labels, examples.label_ids.tolist()) == (Labels(("yes", "no")), [0, 1])
    assert read_examples((["good", "bad"], [1, 0]), labels=[0, 1]).label_ids.tolist() == [1, 0]
    with pytest.raises(KbertError, match="must be a list of names. Received: 'yes'"):
        read_examples(data, labels="yes")
    with pytest.raises(KbertError, match=r"row 2: the label 'no' is not one of the 2 known labels"):
        read_examples(data, labels=["yes", "No"])


@pytest.mark.parametrize(
    ("options", "held"),
    [
        ({"on_bad_row": "drop"}, "`on_bad_row` must be one of error, skip. Received: 'drop'"),
        ({"quoting": "all"}, "`quoting` must be one of auto, standard, none. Received: 'all'"),
        ({"format": "xls"}, "`format` must be one of csv, tsv, "),
        ({"encoding": None}, "`encoding` must be one that Python knows"),
        ({"encoding": 8}, "Received: 8"),
    ],
    ids=str,
)
def test_invalid_options_are_refused_even_if_they_have_no_effect(options, held):
    with pytest.raises(KbertError) as refusal:
        read_examples((["good", "bad"], ["yes", "no"]), **options)
    assert held in str(refusal.value)
