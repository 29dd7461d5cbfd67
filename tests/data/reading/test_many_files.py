"""Many files as one set."""

import csv
import gc
import gzip
import io
import json
import os
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kbert import InputError, SkippedRowsWarning, read_examples
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.reading.file_patterns import is_pattern, is_there, matching_files, run_name
from kbert.data.reading.many_files import open_tables
from kbert.data.reading.open_table import TableFormat
from kbert.utils.cell_values import is_blank

ROWS = [(f"text {number}", "xy"[number % 2]) for number in range(12)]


def delimited(rows, delimiter=",", header=True):
    text = io.StringIO()
    table = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    table.writerows([("text", "label"), *rows] if header else rows)
    return text.getvalue()


def objects(rows):
    lines = (json.dumps({"text": text, "label": label}) for text, label in rows)
    return "".join(f"{line}\n" for line in lines)


def arrow(rows):
    return pa.table({"text": [row[0] for row in rows], "label": [row[1] for row in rows]})


def write(path, rows):
    """Write rows in the format of the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        plain = write(path.with_suffix(""), rows)
        path.write_bytes(gzip.compress(plain.read_bytes()))
        plain.unlink()
    elif path.suffix == ".parquet":
        pa.parquet.write_table(arrow(rows), path)
    elif path.suffix == ".feather":
        pa.feather.write_feather(arrow(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text(objects(rows), encoding="utf-8")
    elif path.suffix == ".json":
        lines = objects(rows).splitlines()
        path.write_text(f"[{','.join(lines)}]", encoding="utf-8")
    else:
        text = delimited(rows, "\t" if path.suffix == ".tsv" else ",")
        path.write_text(text, encoding="utf-8", newline="")
    return path


def read_rows(source, **options):
    examples = read_examples(source, **options)
    names = [examples.labels.names[number] for number in examples.label_ids]
    return list(zip(examples.texts, names, strict=True))


def refusal(source, **options):
    with pytest.raises(InputError) as refused:
        read_examples(source, **options)
    return str(refused.value)


SUFFIXES = [".csv", ".tsv", ".jsonl", ".json", ".parquet", ".feather", ".csv.gz", ".jsonl.gz"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_are_one_set_in_natural_order(suffix, tmp_path):
    for number, at in ((1, 0), (2, 4), (10, 8)):
        write(tmp_path / f"part-{number}{suffix}", ROWS[at : at + 4])
    pattern = f"{tmp_path}/part-*{suffix}"
    examples = read_examples(pattern)
    assert read_rows(pattern) == read_rows(Path(pattern)) == ROWS
    assert examples.source == pattern
    assert examples.rows.tolist() == [*range(1, 13)]
    assert str(examples).startswith(f"{pattern}: 12 rows of 3 files; text = 'text'")
    files = [f"{tmp_path}/part-{number}{suffix}" for number in (1, 2, 10)]
    assert [(file.name, file.before) for file in examples.files] == [
        *zip(files, (0, 4, 8), strict=True)
    ]
    assert [examples.file_and_row(number) for number in (1, 4, 5, 12)] == [
        *((files[0], 1), (files[0], 4), (files[1], 1), (files[2], 4))
    ]
    kept = examples.take(np.array([11, 5]))
    assert [kept.place(kept.number(at)) for at in (0, 1)] == [
        *(f"row 4 of {files[2]}", f"row 2 of {files[1]}")
    ]


def test_each_file_has_its_own_format(tmp_path):
    for at, suffix in enumerate(SUFFIXES[:6]):
        write(tmp_path / f"{at}{suffix}", ROWS[2 * at : 2 * at + 2])
    assert read_rows(f"{tmp_path}/*") == ROWS


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_a_table_split_into_files_reads_like_the_whole(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    # Whether carriage returns end lines is decided per file, from most of its lines.
    texts = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1)
    labels = st.sampled_from(["a", "b", "ä"])
    rows = data.draw(st.lists(st.tuples(texts, labels), min_size=2, max_size=30))
    cuts = data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=12))
    suffix = data.draw(st.sampled_from([".csv", ".tsv", ".jsonl", ".parquet"]))
    whole = write(folder / f"whole{suffix}", rows)
    places = [0, *sorted(cuts), len(rows)]
    for number, (start, end) in enumerate(pairwise(places)):
        write(folder / "parts" / f"{number}{suffix}", rows[start:end])
    # The quoting of a TSV is detected per file, so it is given here.
    options = {"on_bad_row": "skip", "need_label": False, "quoting": "standard"}
    assume(not all(is_blank(text) for text, _ in rows))
    expected = read_examples(whole, **options)
    found = read_examples(folder / "parts" / "*", **options)
    assert (found.texts, found.labels) == (expected.texts, expected.labels)
    assert found.label_ids.tolist() == expected.label_ids.tolist()
    assert found.rows.tolist() == expected.rows.tolist()
    assert found.fingerprint == expected.fingerprint
    own = [(row.source, row.number) for row in found.skipped]
    assert own == [found.file_and_row(row.number) for row in expected.skipped]


def test_quoting_is_detected_per_file(tmp_path):
    (tmp_path / "1.tsv").write_text('text\tlabel\n"so\t he said"\tx\n"a ""b"""\ty\n')
    (tmp_path / "2.tsv").write_text('text\tlabel\n"Open she said\tx\n')
    assert [text for text, _ in read_rows(f"{tmp_path}/2.ts*", need_label=False)] == [
        '"Open she said'
    ]
    (tmp_path / "1.tsv").write_text('text\tlabel\n"so he said"\tx\n"a ""b"""\ty\n')
    texts = [text for text, _ in read_rows(f"{tmp_path}/*.tsv")]
    assert texts == ["so he said", 'a "b"', '"Open she said']


def test_files_without_a_header(tmp_path):
    for number in (1, 2):
        text = delimited(ROWS[6 * number - 6 : 6 * number], header=False)
        (tmp_path / f"{number}.csv").write_text(text)
    pattern = f"{tmp_path}/*.csv"
    assert read_rows(pattern, header=False, text=0, label=1) == ROWS
    (tmp_path / "3.csv").write_text("a,x,1\n")
    sentence = refusal(pattern, header=False, text=0, label=1)
    assert f"{tmp_path}/3.csv has 3 columns where {tmp_path}/1.csv has 2." in sentence
    (tmp_path / "3.csv").write_text(delimited([("c", "x")]))
    sentence = refusal(pattern, header=False, text=0, label=1)
    assert f"{tmp_path}/3.csv, row 1 (line 1): the row holds the names of columns" in sentence


def test_lines_of_text(tmp_path):
    (tmp_path / "1.txt").write_text("one\ntwo\n")
    (tmp_path / "2.txt").write_text("three\n")
    examples = read_examples(f"{tmp_path}/*.txt", need_label=False)
    assert list(examples.texts) == ["one", "two", "three"]


def test_columns_are_matched_by_name_in_formats_without_positions(tmp_path):
    (tmp_path / "1.jsonl").write_text('{"text": "a", "label": "x", "more": 1}\n')
    (tmp_path / "2.jsonl").write_text('{"label": "y", "text": "b"}\n')
    frame = pa.table({"id": [1], "label": ["x"], "text": ["c"]})
    pa.parquet.write_table(frame, tmp_path / "3.parquet")
    assert read_rows(f"{tmp_path}/*") == [("a", "x"), ("b", "y"), ("c", "x")]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("3.csv", "text,labels\na,x\n", "lacks the column 'label', unlike {first}. Its columns: "),
        ("3.csv", "body,topic\na,x\n", "lacks the columns 'text', 'label', unlike {first}."),
        (
            "3.csv",
            "label,text\nx,a\n",
            "has the columns 'text', 'label' in a different place than ",
        ),
        ("3.csv", "text;label\na;x\n", "its fields seem to be separated by ';'"),
        ("3.csv", "a film to love,x\nno,y\n", "lacks the columns 'text', 'label'"),
        ("3.csv", "", "contains no rows"),
        ("3.jsonl", '{"text": "a"}\n', "lacks the column 'label', unlike {first}."),
        ("3.xls", "x", "is an Excel workbook"),
        ("3.md", "x", "the suffix '.md' does not identify a format"),
        ("3.parquet", "x", "is text, but would be read as PARQUET"),
    ],
)
def test_a_file_of_another_kind_is_named(name, content, sentence, tmp_path):
    for number in (1, 2):
        write(tmp_path / f"{number}.csv", ROWS[:4])
    (tmp_path / name).write_text(content)
    told = refusal(f"{tmp_path}/*")
    assert told.startswith(str(tmp_path / name))
    assert sentence.format(first=tmp_path / "1.csv") in told
    assert "Cure: " in told or not content


def test_a_column_of_lists(tmp_path):
    write(tmp_path / "1.parquet", ROWS)
    frame = pa.table({"text": ["a"], "label": [["x", "y"]]})
    pa.parquet.write_table(frame, tmp_path / "2.parquet")
    told = "2.parquet, row 1: the label (column 'label') is a list, where one class was expected"
    assert told in refusal(f"{tmp_path}/*")


def test_a_bad_row_is_reported_with_its_file_and_row(tmp_path):
    write(tmp_path / "1.csv", ROWS)
    (tmp_path / "2.csv").write_text("text,label\nfine,x\n\n  ,y\ngood,x\n")
    pattern = f"{tmp_path}/*.csv"
    assert refusal(pattern).startswith(f"{tmp_path}/2.csv, row 2 (line 4): the text")
    examples = read_examples(pattern, on_bad_row="skip")
    (bad,) = examples.skipped
    assert (bad.source, bad.number, bad.line) == (f"{tmp_path}/2.csv", 2, 4)
    assert examples.rows.tolist() == [*range(1, 14), 15]
    assert examples.file_and_row(15) == (f"{tmp_path}/2.csv", 3)
    (finding,) = [f for f in inspect_examples(examples).findings if f.code == "bad-rows"]
    assert f"the first: row 2 (line 4) of {tmp_path}/2.csv: " in finding.message
    (tmp_path / "3.csv").write_text("text,label\n" + ",y\n" * 12)
    with pytest.warns(SkippedRowsWarning, match=rf"row 1 \(line 2\) of {tmp_path}/3.csv"):
        read_examples(f"{tmp_path}/[13].csv", on_bad_row="skip")


def test_findings_name_the_files(tmp_path):
    (tmp_path / "1.csv").write_text("text,label\nfine,x\ngood [SEP],y\nsame,x\n")
    (tmp_path / "2.csv").write_text("text,label\nn/a,x\nsame,y\nmore,X\n")
    inspection = inspect_examples(read_examples(f"{tmp_path}/*.csv"))
    told = {finding.code: str(finding) for finding in inspection.findings}
    assert (
        f"such as row 3 of {tmp_path}/1.csv and row 2 of {tmp_path}/2.csv;"
        in told["conflicting-labels"]
    )
    assert f"row 2 of {tmp_path}/1.csv" in told["special-pieces"]
    assert f"the first in row 1 of {tmp_path}/2.csv" in told["text-looks-missing"]
    assert f"'X' (row 3 of {tmp_path}/2.csv)" in told["label-variants"]
    assert inspection.duplicates.conflict == (3, 5)


def test_classes_are_those_of_all_files(tmp_path):
    for name in "ab":
        write(tmp_path / f"{name}.csv", [(f"{name} {i}", name) for i in range(3)])
    examples = read_examples(f"{tmp_path}/*.csv")
    assert examples.labels.names == ("a", "b")
    assert "every row has the label 'a'" in refusal(f"{tmp_path}/a*.csv")
    write(tmp_path / "c.csv", [("c", "c")])
    sentence = refusal(f"{tmp_path}/*.csv", labels=examples.labels)
    assert sentence.startswith(f"{tmp_path}/c.csv, row 1 (line 2): ")


def test_no_rows_at_all(tmp_path):
    for number in (1, 2):
        write(tmp_path / f"{number}.csv", [])
    assert refusal(f"{tmp_path}/*.csv").startswith(f"{tmp_path}/*.csv: at least one row")
    write(tmp_path / "3.csv", ROWS)
    examples = read_examples(f"{tmp_path}/*.csv")
    assert examples.file_and_row(1) == (f"{tmp_path}/3.csv", 1)


def test_files_are_opened_one_after_another(tmp_path):
    for number in range(40):
        write(tmp_path / f"{number}.csv.gz", ROWS)
    gc.collect()
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with ExitStack() as opened:
        for table in open_tables(f"{tmp_path}/*", opened, TableFormat()):
            next(table.rows)
            if before:
                assert len(os.listdir("/proc/self/fd")) <= before + 2
    assert len(read_rows(f"{tmp_path}/*")) == 40 * len(ROWS)


# Which files a pattern matches.


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.csv", "a10.csv", "a9.csv", ".hidden.csv", "c.tsv"):
        write(tmp_path / name, ROWS)
    for name in ("sub/deep/e.csv", "sub/d.csv", ".git/f.csv", "sub/.cache/g.csv"):
        write(tmp_path / name, ROWS)
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.csv", "a9.csv a10.csv b.csv"),
        ("a?.csv", "a9.csv"),
        ("[!b]*.csv", "a9.csv a10.csv"),
        (".*.csv", ".hidden.csv"),
        ("*/*.csv", "sub/d.csv"),
        ("**/*.csv", "a9.csv a10.csv b.csv sub/d.csv sub/deep/e.csv"),
        ("**/**/*.csv", "a9.csv a10.csv b.csv sub/d.csv sub/deep/e.csv"),
        ("sub/**", "sub/d.csv sub/deep/e.csv"),
        ("**/deep/*", "sub/deep/e.csv"),
        ("s*/d.csv", "sub/d.csv"),
        ("./sub/*.csv", "sub/d.csv"),
        (".git/*", ".git/f.csv"),
    ],
)
def test_what_a_pattern_matches(pattern, names, folder):
    assert [str(path) for path in matching_files(pattern)] == names.split()
    assert is_pattern(pattern)
    assert is_there(pattern)
    absolute = matching_files(folder / pattern)
    assert [str(path.relative_to(folder)) for path in absolute] == names.split()


def test_names_that_exist_keep_their_meaning(folder):
    for name in ("a[1].csv", "*.csv", "data[2]/x.csv", "data2/y.csv"):
        write(folder / name, [(name, "x"), (name, "y")])
    assert not is_pattern("*.csv")
    assert {text for text, _ in read_rows("*.csv")} == {"*.csv"}
    assert {text for text, _ in read_rows("a[1].csv")} == {"a[1].csv"}
    assert read_examples("a[1].csv").files == ()
    assert [str(path) for path in matching_files("data[2]/*.csv")] == ["data[2]/x.csv"]


def test_a_pattern_that_matches_nothing(folder):
    assert refusal("x*.csv") == (
        "There is no file x*.csv, and as a pattern it matches none. Files of that kind there: "
        "a10.csv, a9.csv, b.csv. Cure: check the pattern"
    )
    assert "There is no folder none. Cure: " in refusal("none/*.csv")
    assert refusal("~/my data/*.csv").endswith("so write it before them: ~/'my data/*.csv'")
    assert "There is no file a[1.csv, and as a pattern it matches none" in refusal("a[1.csv")
    assert "There is no file" in refusal("a\0*.csv")
    assert "There is no file" in refusal("a" * 300 + "*.csv")
    assert not is_there("x*.csv")


def test_a_folder_that_matches(folder):
    assert refusal("*") == (
        "The pattern * matches sub, which is a folder; only files are read. Cure: a pattern that "
        "only the files match: '*.csv'"
    )
    assert refusal("s*").endswith("for the files in the folder: 'sub/*'")
    # Folders that ** enters are not matches themselves.
    assert len(matching_files("**/*")) == 6


def test_links(folder):
    (folder / "sub" / "up").symlink_to(folder, target_is_directory=True)
    assert len(matching_files("**/*.csv")) == 5
    (folder / "link.csv").symlink_to(folder / "sub" / "d.csv")
    assert [str(path) for path in matching_files("l*.csv")] == ["link.csv"]
    assert refusal("**/*.csv").startswith(
        "The pattern **/*.csv matches one file twice: link.csv and sub/d.csv lead to the same file."
    )
    (folder / "gone.csv").symlink_to("nothing")
    assert refusal("go*.csv").startswith("There is no file gone.csv.")


def test_a_folder_without_read_permission(folder, monkeypatch):
    def locked(path="."):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", locked)
    with pytest.raises(Exception, match=r"sub cannot be read: Permission denied.*ask its owner"):
        matching_files("sub/*.csv")
    assert not is_there("sub/*.csv")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("reviews.csv", "reviews"),
        ("data/part-*.csv", "part"),
        ("data/part-[0-9]*.csv.gz", "part"),
        ("data/*.parquet", "data"),
        ("/a/films/**/*.parquet", "films"),
        ("*.csv", "data"),
        ("../*.csv", "data"),
        ("/*", "data"),
    ],
)
def test_the_name_of_a_run(data, name):
    assert run_name(data) == name


def test_a_list_of_files_is_refused_with_a_pattern_as_the_cure(folder):
    assert 'Cure: read_examples("data/*.csv"), a pattern' in refusal(["b.csv", "a9.csv"])
