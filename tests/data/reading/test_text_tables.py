"""Delimited files, JSON Lines and plain lines, in the encodings and forms that occur."""

import codecs
import subprocess
import sys

import pytest

from kbert.data.reading.read_examples import read_examples
from kbert.data.reading.text_lines import BadLine, TextLines, open_binary
from kbert.data.reading.text_tables import read_lines
from kbert.errors import KbertError

ROWS = [("Schön, 好!", "1"), ("𝒳 zwei", "2")]
CSV = 'text,label\n"Schön, 好!",1\n𝒳 zwei,2\n'


def read(path, data, **options):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    examples = read_examples(path, **options)
    assert examples.label_ids is not None
    names = [examples.labels.names[i] for i in examples.label_ids]
    return list(zip(examples.texts, names, strict=True))


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (CSV.encode(), {}),
        (codecs.BOM_UTF8 + CSV.encode(), {}),
        (codecs.BOM_UTF8 + CSV.encode(), {"encoding": "utf-8-sig"}),
        (CSV.replace("\n", "\r\n").encode(), {}),
        (CSV.removesuffix("\n").encode(), {}),
        (CSV.replace("\n", "\n\n").encode(), {}),
        (codecs.BOM_UTF16_LE + CSV.encode("utf-16-le"), {"encoding": "utf-16"}),
        (codecs.BOM_UTF16_BE + CSV.encode("utf-16-be"), {"encoding": "utf-16"}),
        (codecs.BOM_UTF16_LE + CSV.encode("utf-16-le"), {"encoding": "UTF16"}),
        (codecs.BOM_UTF16_LE + CSV.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (CSV.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (CSV.encode("utf-32"), {"encoding": "utf-32"}),
        (CSV.encode("gb18030"), {"encoding": "gb18030"}),
    ],
    ids=[
        *("plain", "BOM", "utf-8-sig", "CRLF", "no last line end", "blank lines", "UTF-16 LE BOM"),
        *("UTF-16 BE BOM", "UTF16", "utf-16-le with BOM", "utf-16-le", "utf-32", "gb18030"),
    ],
)
def test_encodings_and_line_ends(data, options, tmp_path):
    assert read(tmp_path / "a.csv", data, **options) == ROWS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\x1e"], ids=ascii)
def test_only_a_line_feed_ends_a_line(encoding, separator, tmp_path):
    data = f"text,label\na{separator}b,1\nc,2\n".encode(encoding)
    rows = read(tmp_path / "a.csv", data, encoding=encoding)
    assert rows == [(f"a{separator}b", "1"), ("c", "2")]


def test_quoted_fields(tmp_path):
    data = 'label,text\r\n1,"two\r\nlines, ""quoted"""\r\n"2",it"s\r\n'
    assert read(tmp_path / "a.csv", data) == [('two\r\nlines, "quoted"', "1"), ('it"s', "2")]


def test_a_text_of_any_length_is_read(tmp_path):
    long = "word " * 40_000
    assert read(tmp_path / "a.csv", f"text,label\n{long},1\nb,2\n") == [(long, "1"), ("b", "2")]


def test_an_open_quote_is_never_skipped_with_the_rows_it_swallowed(tmp_path):
    data = 'text,label\n"open,1\n' + "a usable row,2\nanother one,1\n" * 8_000
    with pytest.raises(KbertError, match=r"row 1 \(line 2\): .*never closed"):
        read(tmp_path / "a.csv", data, on_bad_row="skip")


def test_half_of_a_bad_row_is_not_taken_for_a_row(tmp_path):
    data = b'text,label\n"good\nbad \xff\nend",2\nfine,1\ndull,2\n'
    assert read(tmp_path / "a.csv", data, on_bad_row="skip") == [("fine", "1"), ("dull", "2")]


@pytest.mark.parametrize(
    ("data", "options", "rows"),
    [
        # Like GLUE's SST-2 and QNLI: a quote is a character like any other.
        (
            'sentence\tlabel\n"So it goes\t1\nsaid "he"\t0\n',
            {},
            [('"So it goes', "1"), ('said "he"', "0")],
        ),
        ('sentence\tlabel\n"a" b\t1\n"c"\t0\n', {}, [('"a" b', "1"), ('"c"', "0")]),
        ('text\tlabel\n"a ""b"""\t"1"\nc\t"0"\n', {}, [('a "b"', "1"), ("c", "0")]),
        ('text\tlabel\r\n"a"\t"1"\r\nc\t0\r\n', {}, [("a", "1"), ("c", "0")]),
        ('text\tlabel\n"a"\t1\nc\t0\n', {"quoting": "none"}, [('"a"', "1"), ("c", "0")]),
        ('text\tlabel\n"a\tb"\t1\nc\t0\n', {"quoting": "standard"}, [("a\tb", "1"), ("c", "0")]),
    ],
    ids=["stray quote", "quote inside", "well-formed", "well-formed CRLF", "none", "standard"],
)
def test_tsv_quoting(data, options, rows, tmp_path):
    assert read(tmp_path / "a.tsv", data, **options) == rows


def test_a_bad_header_is_refused_and_cannot_be_skipped(tmp_path):
    for data in (b"text\xe9,label\na,1\nb,2\n", b'"text"x,label\na,1\nb,2\n'):
        with pytest.raises(KbertError, match=r"\(line 1\)") as refusal:
            read(tmp_path / "a.csv", data, on_bad_row="skip")
        assert "on_bad_row" not in str(refusal.value)


def test_csv_without_quoting(tmp_path):
    data = 'text,label\n"a,1\nb,2\n'
    assert read(tmp_path / "a.csv", data, quoting="none") == [('"a', "1"), ("b", "2")]


def test_a_broken_utf_16_tsv_is_refused(tmp_path):
    """It is not read in an endless loop: a reader that fails at a character fails there again."""
    rows = "text\tlabel\n" + "".join(f"row {i}\t{i % 2}\n" for i in range(30))
    data = rows.encode("utf-16") + b"\x00\xd8a\x00\n\x00" + "x\t1\n".encode("utf-16-le")
    program = "from kbert import read_examples; read_examples('a.tsv', encoding='utf-16')"
    (tmp_path / "a.tsv").write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=20
    )
    assert "InputError" in done.stderr
    assert "line 32" in done.stderr


def test_cola_without_header(tmp_path):
    data = "gj04\t1\t\tIt works.\ngj04\t0\t*\tWorks it not.\nbc01\t1\t\tFine.\n"
    rows = read(tmp_path / "train.tsv", data)
    assert rows == [("It works.", "1"), ("Works it not.", "0"), ("Fine.", "1")]


def test_mrpc_with_bom_and_header(tmp_path):
    header = "\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
    path = tmp_path / "train.tsv"
    path.write_text(header + '1\t7\t8\tHe said "no\tNo , he said\n0\t9\t10\tA\tB\n', "utf-8")
    examples = read_examples(path)
    assert examples.texts == ['He said "no', "A"]
    assert examples.pairs == ["No , he said", "B"]
    assert examples.label_ids.tolist() == [1, 0]
    assert str(examples.columns) == "text = '#1 String', pair = '#2 String', label = 'Quality'"


def test_positions_name_columns_with_and_without_header(tmp_path):
    options = {"text": "2", "label": "0"}
    rows = [("a", "1"), ("b", "2")]
    assert read(tmp_path / "a.csv", "x,y,z\n1,-,a\n2,-,b\n", **options) == rows
    assert read(tmp_path / "a.csv", "1,-,a\n2,-,b\n", header=False, **options) == rows


def test_without_header_the_columns_must_be_named(tmp_path):
    with pytest.raises(KbertError, match=r'read as having no header.*text="NAME", label="NAME"'):
        read(tmp_path / "a.csv", "a,1\nb,2\n", header=False)


def test_json_lines(tmp_path):
    data = (
        '\n{"label": 1, "text": "a\\nb"}\n\n{"text": "\\ud83d\\ude00", "label": "x", "more": []}\n'
    )
    assert read(tmp_path / "a.jsonl", data) == [("a\nb", "1"), ("😀", "x")]


def test_lines_keep_their_numbers(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b'\xef\xbb\xbfone, "two"\r\n\n\xff\nthree')
    examples = read_examples(path, need_label=False, on_bad_row="skip")
    assert examples.texts == ['one, "two"', "three"]
    assert [(row.number, row.line) for row in examples.skipped] == [(2, 2), (3, 3)]


def test_text_lines_continue_after_a_bad_line(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n\xff\nb\0\nc")
    with open_binary(path) as stream:
        lines = TextLines(stream, "utf-8", str(path))
        assert next(lines) == "a\n"
        for number in (2, 3):
            with pytest.raises(BadLine):
                next(lines)
            assert lines.number == number
        assert list(lines) == ["c"]


def test_another_delimiter_is_proposed_and_taken(tmp_path):
    path = tmp_path / "excel.csv"
    path.write_text('text;label\n"good; very";yes\nbad;no\n')
    with pytest.raises(KbertError, match='Cure: delimiter=";"'):
        read_examples(path)
    assert read_examples(path, delimiter=";").texts == ["good; very", "bad"]
    with pytest.raises(KbertError, match="must be a single character"):
        read_examples(path, delimiter=";;")


def test_a_delimiter_for_lines_is_refused(tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("text;label\nA joy.;good\nA mess.;bad\n", encoding="utf-8")
    with pytest.raises(KbertError, match='is read as lines. Cure: format="csv"'):
        read_examples(path, delimiter=";")
    assert len(read_examples(path, delimiter=";", format="csv")) == 2


TABLE = ["Bewertung;Urteil;Preis", *(f"Ein Film; Nr. {n};gut;{n},50" for n in range(3))]
TABLE += ['"Sehr gut', 'in jeder Hinsicht";gut;9,50', *(f"Nummer {n};gut;8,00" for n in range(9))]


@pytest.mark.parametrize(
    ("lines", "number", "cure"),
    [
        (TABLE, 1, 'format="csv", delimiter=";"'),
        (
            ["Bewertungen, Export", "", *TABLE],
            3,
            'format="csv", delimiter=";", after you delete the lines above the header',
        ),
        ([line.replace(";", "\t") for line in TABLE], 1, 'format="tsv"'),
        ([line.replace(";", "|") for line in TABLE], 1, 'format="csv", delimiter="|"'),
    ],
    ids=["semicolons", "title", "tabs", "bars"],
)
def test_a_table_with_uncommon_names_is_not_read_as_lines(lines, number, cure, tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    with path.open("rb") as stream, pytest.raises(KbertError) as refused:
        read_lines(stream, "rows.txt")
    assert f"its lines have 3 fields each, and line {number} has their names" in str(refused.value)
    assert str(refused.value).endswith(f"Cure: {cure}")


@pytest.mark.parametrize(
    "lines",
    [
        ["A joy; a mess.", *(f"Film {n} is good; so is {n}." for n in range(9))],
        [f"Film {n}: good, cheap; short" if n % 2 else f"Film {n}" for n in range(20)],
        ["word;other"] * 3,
        [f"{n}" for n in range(30)],
    ],
    ids=["sentences", "some", "few", "none"],
)
def test_texts_with_semicolons_are_read_as_lines(lines, tmp_path):
    path = tmp_path / "rows.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    with path.open("rb") as stream:
        assert [row.cells[0] for row in read_lines(stream, "rows.txt").rows] == lines
