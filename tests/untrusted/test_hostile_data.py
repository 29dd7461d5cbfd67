"""Untrusted data files, tokenizer files and settings."""

import json
import os
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kbert import KbertError, Tokenizer, TrainConfig, read_examples
from kbert.interop.sources import find_source
from kbert.utils.untrusted import read_json

PIECES = "[PAD]\n[UNK]\n[CLS]\n[SEP]\na\nb\n"
SUFFIXES = [".csv", ".tsv", ".jsonl", ".parquet", ".txt"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pipes_and_devices_do_not_hang(suffix, tmp_path):
    pipe, device = tmp_path / f"pipe{suffix}", tmp_path / f"zero{suffix}"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        with pytest.raises(KbertError, match="a device or a pipe; a file was expected. Cure: copy"):
            read_examples(path)
    with pytest.raises(KbertError, match="is a device or a pipe"):
        read_examples("/dev/zero", format="lines")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_pickle_under_another_name(suffix, tmp_path, payload):
    (tmp_path / f"data{suffix}").write_bytes(payload)
    with pytest.raises(KbertError):
        read_examples(tmp_path / f"data{suffix}")


def test_an_array_of_objects_is_refused(tmp_path, payload):
    np.save(tmp_path / "data.npy", np.array([payload], dtype=object))
    with pytest.raises(
        KbertError, match="a file in a program's own format, which kbert does not read"
    ):
        read_examples(tmp_path / "data.npy")


@pytest.mark.parametrize(
    ("suffix", "encoding"),
    [(suffix, "utf-8") for suffix in SUFFIXES if suffix != ".parquet"] + [(".csv", "utf-16-le")],
)
def test_an_endless_line(suffix, encoding, tmp_path):
    path = tmp_path / f"data{suffix}"
    with path.open("wb") as file:
        first = {".jsonl": "\n", ".txt": "text\n"}.get(suffix, "text,label\n")
        file.write(first.encode(encoding))
        file.write(b"a" * 10**8)
    tracemalloc.start()
    try:
        with pytest.raises(KbertError, match="contains a line of more than 16,777,216 bytes"):
            read_examples(path, encoding=encoding, need_label=False)
        assert tracemalloc.get_traced_memory()[1] < 10**8
    finally:
        tracemalloc.stop()


def test_a_quoted_field_of_many_lines(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b'text,label\n"' + (b"a" * 999 + b"\n") * 30_000 + b'",x\n')
    with pytest.raises(KbertError, match=r"row 1 \(line 2\): broken quoting \(field larger than"):
        read_examples(path)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[" * 500 + "]" * 500, "nested too deeply"),
        ('{"a":' * 65 + "1" + "}" * 65, "nested too deeply"),
        ("1" * 5000, "unreadable JSON"),
        ("NaN", "is empty"),
        ('"a\\u0000b"', "NUL character"),
    ],
    ids=["open", "lists", "objects", "digits", "nan", "nul"],
)
def test_lines_of_json(value, message, tmp_path):
    path = tmp_path / "data.jsonl"
    path.write_text(f'{{"text": "a", "label": "b"}}\n{{"text": {value}, "label": "c"}}\n')
    with pytest.raises(KbertError, match=f"row 2 .*{message}"):
        read_examples(path)


def test_a_label_of_many_digits(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(f"text,label\na,1\nb,{'1' * 5000}\n")
    with pytest.raises(
        KbertError, match='row 2 .*the label is 5,000 characters long.*label="NAME"'
    ):
        read_examples(path)


def test_nul_in_a_csv(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"text,label\na,1\nb\0,2\n")
    with pytest.raises(KbertError, match="row 2 .*NUL character"):
        read_examples(path)


def write_parquet(path, text, labels=("a", "b"), **options):
    rows = len(text)
    table = pa.table({"text": text, "label": [labels[i % len(labels)] for i in range(rows)]})
    pq.write_table(table, path, store_schema=False, **options)


def constant(value, rows):
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))


def test_a_parquet_of_one_long_text_is_read_in_bounded_memory(tmp_path):
    path = tmp_path / "data.parquet"
    write_parquet(path, constant("x" * 10**7, 10_000), compression="zstd")
    assert path.stat().st_size < 10_000
    before = pa.total_allocated_bytes()
    examples = read_examples(path)
    assert (len(examples), len(examples.texts[9999])) == (10_000, 10**7)
    assert examples.texts[0] is examples.texts[9999]
    assert pa.total_allocated_bytes() - before < 10**8


def test_a_parquet_that_claims_more_rows_than_bytes(tmp_path):
    path = tmp_path / "data.parquet"
    rows = 2_000_000
    table = pa.table({"text": constant("x", rows), "label": constant("y", rows)})
    pq.write_table(table, path)
    assert path.stat().st_size < 100_000
    with pytest.raises(KbertError, match=r"claims 2,000,000 rows in \d+,\d+ bytes"):
        read_examples(path)


def test_a_parquet_that_unpacks_to_far_more_than_its_size(tmp_path):
    path = tmp_path / "data.parquet"
    texts = pa.chunked_array([["x" * 10**7] * 30])
    write_parquet(path, texts, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 10**6
    with pytest.raises(KbertError, match=r"claims 300,\d+,\d+ bytes of values in \d+,\d+\."):
        read_examples(path)


def test_parquet_columns_that_are_not_text_are_left_out(tmp_path):
    path = tmp_path / "data.parquet"
    table = pa.table(
        {
            "tags": [["x"], []],
            "text": ["a", None],
            "struct": [{"a": 1}, None],
            "label": ["yes", "no"],
            "fixed": pa.array([b"a" * 65, b"b" * 65], pa.binary(65)),
            "opaque": pa.ExtensionArray.from_storage(
                pa.opaque(pa.binary(65), "x", "y"), pa.array([b"a" * 65] * 2, pa.binary(65))
            ),
            "day": pa.array([1, None], pa.date32()),
        }
    )
    pq.write_table(table, path)
    examples = read_examples(path, on_bad_row="skip", need_label=False)
    assert (examples.texts, len(examples.skipped)) == (["a"], 1)
    with pytest.raises(KbertError, match=r"Its columns: 'tags', 'text', 'label'\."):
        read_examples(path, text="none")
    with pytest.raises(KbertError, match="row 1: the text .column 'tags'. is a list, not a text"):
        read_examples(path, text="tags")
    with pytest.raises(KbertError, match="the column 'day' holds values of type date32"):
        read_examples(path, text="day")


def test_text_of_a_parquet_that_is_not_utf_8(tmp_path):
    path = tmp_path / "data.parquet"
    broken = pa.array([b"a", b"\xff\xfe"], pa.binary()).view(pa.string())
    write_parquet(path, broken)
    with pytest.raises(KbertError, match="broken Parquet"):
        read_examples(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a = " + b"[" * 4000, "is not TOML: maximum recursion"),
        (b"a" + b".a" * 2000 + b" = 1", "there is no setting 'a'"),
        (b"a" + b".a" * 10**5 + b" = 1", "in lines of at most 4,096 were expected"),
        (b"epochs = " + b"1" * 5000, "is not a TOML file of settings"),
        (b"x" * 4000 + b" = 1", "there is no setting 'x{50,90}"),
        (b"#\n" * 40_000, "is not a TOML file of settings: at most 65,536 bytes"),
        (b"[data]\nx = 1", "`data` must be a string"),
        (b"data = 'a'\nforce = 5", "`allow` must be a list of strings. Received: 5"),
        (b"data = 'a'\nforce = {a = 1}", "`allow` must be a list of strings"),
        (b"data = 'a'\nhostile = 1", "there is no setting 'hostile'"),
    ],
    ids=[
        "deep",
        "dotted",
        "more-dotted",
        "digits",
        "name",
        "large",
        "table",
        "force",
        "object",
        "unknown",
    ],
)
def test_settings(content, message, tmp_path):
    (tmp_path / "a.toml").write_bytes(content)
    with pytest.raises(KbertError, match=message) as refusal:
        TrainConfig.from_toml(tmp_path / "a.toml")
    assert len(str(refusal.value)) < 1500


def test_settings_from_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.toml")
    with pytest.raises(KbertError, match="is a device or a pipe"):
        TrainConfig.from_toml(tmp_path / "a.toml")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PIECES.encode() + b"a" * 10**8, "has 100,000,028 bytes; at most"),
        (PIECES.encode() + b"a" * 10**7, r"at most 1,000 characters without NUL. Received: 'aaa"),
        (PIECES.encode() + b"a\0b\n", "without NUL"),
        (PIECES.encode() + b"\xff\n", "it is not UTF-8"),
        (PIECES.encode() + "\n".join(map(chr, range(0xA000, 0xA48D))).encode(), "Yi syllables"),
        (b"\n" * 10**6, "The vocabulary of 1,000,000 pieces lacks"),
    ],
    ids=["large", "long", "nul", "bytes", "yi", "blank"],
)
def test_vocabularies(content, message, tmp_path):
    (tmp_path / "vocab.txt").write_bytes(content)
    with pytest.raises(KbertError, match=message) as refusal:
        Tokenizer.from_file(tmp_path / "vocab.txt")
    assert len(str(refusal.value)) < 1000


def spec(**changes):
    vocabulary = {piece: number for number, piece in enumerate(PIECES.split())}
    normalizer, words = {"type": "BertNormalizer"}, {"type": "BertPreTokenizer"}
    parts = {"normalizer": normalizer, "pre_tokenizer": words}
    return {"model": {"vocab": vocabulary}, **parts, **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"normalizer": [1]}, "normalizes with None"),
        ({"normalizer": {"type": ["x" * 10**6]}}, "normalizes with "),
        ({"model": {"vocab": {"a": [1]}}}, "the ids of the vocabulary are not 0 to 0"),
        ({"model": {"vocab": {"a": "0", "b": 1}}}, "the ids of the vocabulary"),
        ({"model": {"vocab": {"a": 10**30}}}, "the ids of the vocabulary"),
        ({"normalizer": {"type": "BertNormalizer", "lowercase": [1]}}, "true, false or null"),
        ({"normalizer": {"type": "BertNormalizer", "strip_accents": "no"}}, "true, false or null"),
    ],
    ids=["list", "type", "list-id", "text-id", "large-id", "lowercase", "accents"],
)
def test_tokenizer_json(changes, message, tmp_path):
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec(**changes)))
    with pytest.raises(KbertError, match=message) as refusal:
        Tokenizer.from_file(tmp_path / "tokenizer.json")
    assert len(str(refusal.value)) < 1000


@pytest.mark.parametrize("name", ["vocab.txt", "tokenizer.json"])
def test_tokenizer_files_that_lead_elsewhere(name, tmp_path, outside, payload):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / name).symlink_to(outside)
    with pytest.raises(KbertError, match="leads to .*secret.txt"):
        Tokenizer.from_file(folder / name)
    (folder / name).unlink()
    (folder / name).write_bytes(payload)
    with pytest.raises(KbertError, match=r"UTF-8|is not JSON"):
        Tokenizer.from_file(folder / name)
    with pytest.raises(KbertError, match="cannot be read"):
        Tokenizer.from_file(folder)


def test_the_assets_of_a_keras_hub_folder(tmp_path, outside):
    folder = tmp_path / "folder"
    (folder / "assets").mkdir(parents=True)
    (outside.parent / "vocabulary.txt").write_text(PIECES)
    (folder / "assets" / "tokenizer").symlink_to(outside.parent)
    (folder / "config.json").write_text('{"class_name": "BertBackbone", "registered_name": "x"}')
    (folder / "tokenizer.json").write_text('{"class_name": "BertTokenizer", "config": {}}')
    with pytest.raises(KbertError, match="vocabulary.txt leads to"):
        find_source(str(folder)).tokenizer()
    for content in ('{"class_name": "GPT2Tokenizer"}', '{"config": 1}'):
        (folder / "tokenizer.json").write_text(content)
        with pytest.raises(KbertError, match="a BertTokenizer was expected"):
            find_source(str(folder)).tokenizer()


def test_a_configuration_that_leads_elsewhere(tmp_path, outside):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "config.json").symlink_to(outside)
    with pytest.raises(KbertError, match="config.json leads to"):
        find_source(str(folder))
    with pytest.raises(KbertError, match="cannot be read: Is a directory"):
        read_json(folder)


def _parquet():
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": ["a", "bb", "c"], "label": ["x", "y", "x"]}), sink)
    return sink.getvalue().to_pybytes()


VALID = {
    "data.csv": b'text,label\n"a ""quoted"" text",x\n\xc3\xa9\xe4\xb8\xad,y\n',
    "data.tsv": b'text\tlabel\na text\tx\n"b"\ty\n',
    "data.jsonl": b'{"text": "a", "label": 1}\n{"text": "\\u00e9", "label": 2.5}\n',
    "data.txt": b"a text\nanother\n",
    "data.parquet": _parquet(),
    "a.toml": b'data = "a.csv"\nepochs = 3\nforce = ["x"]\n[a.b]\nc = [1, {d = 1979-05-27}]\n',
    "vocab.txt": PIECES.encode(),
    "tokenizer.json": json.dumps(spec()).encode(),
}
READERS = {"a.toml": TrainConfig.from_toml, "vocab.txt": Tokenizer.from_file}
READERS["tokenizer.json"] = Tokenizer.from_file


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(sorted(VALID)),
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.integers(0, 6),
            st.binary(max_size=6) | st.sampled_from([b'"', b"\n", b"[" * 70, b"\0", b"9" * 20]),
        ),
        max_size=4,
    ),
)
def test_mutated_files_raise_only_kbert_errors(tmp_path, name, mutations):
    data = VALID[name]
    for at, length, new in mutations:
        at %= len(data) + 1
        data = data[:at] + new + data[at + length :]
    path = tmp_path / name
    path.write_bytes(data)
    try:
        READERS.get(name, lambda path: read_examples(path, need_label=False))(path)
    except KbertError as error:
        assert 10 < len(str(error)) < 3000  # noqa: PT017
