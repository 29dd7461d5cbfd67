"""Files as found in practice: from other programs, compressed, or wrongly named."""

import bz2
import errno
import gzip
import io
import json
import lzma
import shlex
import sys
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from kbert import KbertError, MachineError, read_examples
from kbert.data.reading.unpacked import COMPRESSED

HERE = Path(__file__).parent
TEXTS = ["good; very", "bad, so", "schön", "不错"]
LABELS = ["yes", "no", "yes", "no"]
CSV = 'text,label\n"good; very",yes\n"bad, so",no\nschön,yes\n不错,no\n'
TSV = "text\tlabel\n" + "".join(f"{a}\t{b}\n" for a, b in zip(TEXTS, LABELS, strict=True))
RECORDS = [{"text": a, "label": b} for a, b in zip(TEXTS, LABELS, strict=True)]
JSONL = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)


def labelled(path, **options):
    examples = read_examples(path, **options)
    return examples.texts, [examples.labels.names[i] for i in examples.label_ids]


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize("name", ["lines-end-in-cr.csv", "excel-sep-line.csv", "zipped.csv.gz"])
def test_public_cases(name):
    texts, labels = labelled(HERE / name)
    assert texts[0] == "loud crude and empty and loud crude and empty number 0"
    assert set(labels) == {"bad", "good"}
    assert not any("\r" in text or "\n" in text for text in texts)
    assert len(texts) == len(labels) > 20


PACK = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda data: pa.compress(data, codec="zstd", asbytes=True),
}


@pytest.mark.parametrize("suffix", COMPRESSED)
@pytest.mark.parametrize(("name", "data"), [("a.csv", CSV), ("a.TSV", TSV), ("a.jsonl", JSONL)])
def test_compressed_files(name, data, suffix, tmp_path):
    path = tmp_path / (name + suffix)
    if suffix == ".zip":
        path = tmp_path / "any.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/" + name, data)
            archive.writestr("__MACOSX/folder/._" + name, b"\0")
    else:
        pack = PACK[suffix]
        # In two parts, as `cat a.gz b.gz` joins them.
        path.write_bytes(pack(data[:20].encode()) + pack(data[20:].encode()))
    assert labelled(path) == (TEXTS, LABELS)


@pytest.mark.parametrize("suffix", PACK)
def test_broken_compressed_files(suffix, tmp_path):
    pack = PACK[suffix]
    whole = pack((CSV * 50).encode())
    path = tmp_path / f"a.csv{suffix}"
    write(path, whole[:-20])
    with pytest.raises(KbertError, match="cannot be unpacked: .*copy or compress it again"):
        read_examples(path)
    write(path, CSV)
    with pytest.raises(KbertError, match=r"is not compressed, .*rename it to what it is: a.csv"):
        read_examples(path)


def test_archives_of_several_files(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", CSV)
        archive.writestr("dev.csv", CSV)
    with pytest.raises(KbertError, match=r"holds 2 files; one was expected: train.csv, dev.csv"):
        read_examples(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.dat", CSV)
    with pytest.raises(KbertError, match=r"'.dat' does not identify"):
        read_examples(path)
    assert labelled(path, format="csv") == (TEXTS, LABELS)


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_a_file_that_unpacks_to_far_more_is_refused(suffix, tmp_path, monkeypatch):
    monkeypatch.setattr("kbert.data.reading.unpacked._MIN_LIMIT", 2**20)
    data = b"text,label\n" + b"a,1\nb,2\n" * 2**20
    path = tmp_path / f"a.csv{suffix}"
    if suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.csv", data)
    else:
        pack = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}[suffix]
        write(path, pack(data))
    with pytest.raises(KbertError, match="unpacks to more than .* unpack it and pass the file"):
        read_examples(path)


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        *(("sep=;", ";"), ("SEP=,", ","), ('"sep=;"', ";"), ("sep=\\t", "\t"), ("sep=\t", "\t")),
        *(("sep=;;;", ";"), ("sep=|", "|")),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_separator_line_of_excel(line, mark, encoding, tmp_path):
    rows = [f'"{text}"{mark}{label}' for text, label in zip(TEXTS, LABELS, strict=True)]
    text = "\r\n".join([line, f"text{mark}label", *rows, ""])
    path = write(tmp_path / "a.csv", text.encode(encoding))
    assert labelled(path, encoding=encoding.removesuffix("-sig")) == (TEXTS, LABELS)
    examples = read_examples(path, encoding=encoding.removesuffix("-sig"), delimiter=mark)
    assert examples.rows.tolist() == [1, 2, 3, 4]


def test_the_lines_are_counted_from_the_separator_line(tmp_path):
    path = write(tmp_path / "a.csv", "sep=;\ntext;label\na;\n")
    with pytest.raises(KbertError, match=r"row 1 \(line 3\): the label"):
        read_examples(path)


def test_unicode_text_of_excel(tmp_path):
    path = write(tmp_path / "a.csv", TSV.replace("\n", "\r\n").encode("utf-16"))
    with pytest.raises(KbertError, match='Cure: encoding="utf-16"$'):
        read_examples(path)
    with pytest.raises(KbertError, match='separated by tabs. Cure: format="tsv"$'):
        read_examples(path, encoding="utf-16")
    assert labelled(path, encoding="utf-16", format="tsv") == (TEXTS, LABELS)
    path = path.rename(tmp_path / "a.txt")
    with pytest.raises(KbertError, match='header of a table: .*Cure: format="tsv"$'):
        read_examples(path, encoding="utf-16", need_label=False)


@pytest.mark.parametrize(
    ("name", "data", "settings"),
    [
        ("a.csv", TSV, {"format": "tsv"}),
        ("a.tsv", CSV, {"format": "csv"}),
        ("a.csv", "text;label\na;x\nb;y\n", {"delimiter": ";"}),
        ("a.tsv", "text|label\na|x\nb|y\n", {"delimiter": "|"}),
        ("a.txt", "text;label\na;x\nb;y\n", {"format": "csv", "delimiter": ";"}),
        ("a.txt", TSV, {"format": "tsv"}),
        ("a.csv", JSONL, {"format": "jsonl"}),
        ("a.tsv", json.dumps(RECORDS), {"format": "json"}),
        ("a.csv", json.dumps(RECORDS, indent=2), {"format": "json"}),
        ("a.jsonl", json.dumps(RECORDS, indent=2), {"format": "json"}),
        ("a.jsonl", json.dumps(RECORDS), {"format": "json"}),
        ("a.json", CSV, {"format": "csv"}),
        ("a.jsonl", CSV, {"format": "csv"}),
        ("a.txt", JSONL, {"format": "jsonl"}),
        ("a.parquet", CSV.encode("ascii", "replace"), {"format": "csv"}),
    ],
)
def test_another_format_than_the_suffix_says(name, data, settings, tmp_path):
    path = write(tmp_path / name, data)
    with pytest.raises(KbertError) as refusal:
        read_examples(path)
    assert settings.items() <= refusal.value.cure.settings.items()
    assert len(set(labelled(path, **settings)[1])) == 2


def workbook(inside):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(inside, "<xml/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "cure"),
    [
        (workbook("xl/workbook.xml"), "an Excel workbook", 'format="xlsx"'),
        (workbook("xl/workbook.bin"), "a binary Excel workbook", "save it as CSV UTF-8"),
        (workbook("content.xml"), "an OpenDocument file", "save it as CSV in UTF-8"),
        (workbook("word/document.xml"), "a Word document", "save its table as CSV"),
        (workbook("a.csv"), "a zip archive", "rename it so that its name ends in .zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "an old Excel workbook", "save it as CSV UTF-8"),
        (gzip.compress(CSV.encode(), mtime=0), "compressed by gzip", "ends in .gz"),
        (bz2.compress(CSV.encode()), "compressed by bzip2", "ends in .bz2"),
        (lzma.compress(CSV.encode()), "compressed by xz", "ends in .xz"),
        (b"<!DOCTYPE html>\n<html><body>404</body></html>", "a web page", "save its table"),
        (b"\n<HTML>\n", "a web page", "save its table"),
        (b"%PDF-1.4\n", "a PDF document", "save its table"),
        (b"\x80\x04\x95\0\0", "a pickle", "load it where it was written"),
        (b"SQLite format 3\0\0", "an SQLite database", "save its table"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS", "git lfs pull"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.txt", "a.tsv"])
def test_a_table_that_is_something_else(name, data, kind, cure, tmp_path):
    with pytest.raises(KbertError, match=f"is {kind}.*Cure: .*{cure}"):
        read_examples(write(tmp_path / name, data), need_label=False)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="Python itself reads .zst")
def test_the_package_that_reads_zst_is_not_installed(tmp_path, monkeypatch):
    path = write(tmp_path / "a.csv.zst", PACK[".zst"](CSV.encode()))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(KbertError, match="A .zst file needs the package pyarrow, or Python 3.14."):
        read_examples(path)


@pytest.mark.parametrize("format", ["parquet", "arrow", "xlsx"])
def test_formats_that_cannot_be_read_from_a_stream(format):
    with pytest.raises(KbertError, match=f"is a stream; {format} is read from a file. Save it"):
        read_examples(io.BytesIO(b"PAR1"), format=format)


def test_parquet_under_another_name(tmp_path):
    table = pa.table({"text": TEXTS, "label": LABELS})
    pa.parquet.write_table(table, tmp_path / "a.csv")
    with pytest.raises(KbertError, match='is a Parquet file, .* CSV. Cure: format="parquet"'):
        read_examples(tmp_path / "a.csv")
    assert labelled(tmp_path / "a.csv", format="parquet") == (TEXTS, LABELS)


@pytest.mark.parametrize("kind", ["feather", "stream", "lz4"])
def test_arrow(kind, tmp_path):
    table = pa.table({"text": TEXTS, "label": LABELS, "when": [[1], [2], [3], [4]]})
    path = tmp_path / ("a.feather" if kind == "feather" else "a.arrow")
    if kind == "stream":
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=3)
    else:
        pa.feather.write_feather(table, str(path), compression="lz4" if kind == "lz4" else None)
    assert labelled(path) == (TEXTS, LABELS)
    with pytest.raises(KbertError, match=r"the text \(column 'when'\) is a list, not a text"):
        read_examples(path, text="when", label="label")
    write(path, path.read_bytes()[:100])
    with pytest.raises(KbertError, match="not a readable Arrow file"):
        read_examples(path)


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("a.xls", "in Excel, save it as CSV UTF-8"),
        ("a.ods", "in LibreOffice, save it as CSV"),
        ("a.pkl", "save the table as CSV or Parquet"),
        ("a.tar.gz", "unpack it, and pass the labelled file"),
        ("a.html", "save its table as CSV"),
    ],
)
def test_files_that_are_not_read(name, cure, tmp_path):
    data = gzip.compress(b"x") if name.endswith(".gz") else b"x"
    with pytest.raises(KbertError, match=f"which kbert does not read.*{cure}"):
        read_examples(write(tmp_path / name, data))


def test_no_suffix(tmp_path):
    with pytest.raises(KbertError, match='no suffix that identifies a format.*format="csv"'):
        read_examples(write(tmp_path / "data", CSV))


@pytest.mark.parametrize(
    ("names", "held"),
    [
        ([], ["is a directory"]),
        (["train.csv"], ["pass ", "train.csv"]),
        (["a.jsonl", "b.jsonl"], ["a.jsonl, b.jsonl", "/*.jsonl'; or pass one of them"]),
        (["p-0.parquet", "p-1.parquet"], ["p-0.parquet", "as one set", "/*.parquet"]),
        (["a.csv.gz", "b.csv.gz"], ["a.csv.gz, b.csv.gz", "as one set", "/*.csv.gz"]),
        (["a.csv", "b.tsv"], ["a.csv, b.tsv", "one of these files, or a pattern", "/*.csv"]),
        (["train.csv", "test.csv"], ["pass one of these files; each of train"]),
        (
            ["test-0.parquet", "train-0.parquet", "train-1.parquet"],
            ["each of train, dev and test", "/train*.parquet"],
        ),
    ],
)
def test_directories(names, held, tmp_path):
    for name in names:
        write(tmp_path / name, b"")
    with pytest.raises(KbertError) as refusal:
        read_examples(tmp_path)
    assert [part for part in held if part not in str(refusal.value)] == []


def test_the_suggested_pattern_reads_the_parts(tmp_path):
    folder = tmp_path / "my parts"
    folder.mkdir()
    for name in ("a", "b"):
        write(folder / f"{name}.csv", f"text,label\n{name} 1,x\n{name} 2,y\n")
    with pytest.raises(KbertError) as refusal:
        read_examples(folder)
    told = shlex.split(str(refusal.value).partition("pass ")[2].partition(";")[0])
    assert labelled(*told)[0] == ["a 1", "a 2", "b 1", "b 2"]


def test_standard_input_cannot_be_trained_on():
    with pytest.raises(KbertError, match="Only .*save it to a file"):
        read_examples("-")


def test_a_compressed_stream_is_refused():
    with pytest.raises(KbertError, match="is compressed by gzip"):
        read_examples(io.BytesIO(gzip.compress(b"a\nb\n")), need_label=False)


@pytest.mark.parametrize("method", ["open", "is_dir"])
def test_files_without_read_permission(method, tmp_path, monkeypatch):
    """The file itself, or a folder above it; patched, because root may read everything."""
    path = tmp_path / "data.csv"
    path.write_text("text,label\na,x\nb,y\n", encoding="utf-8")

    def locked(self, *arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(type(path), method, locked)
    with pytest.raises(MachineError) as caught:
        read_examples(path)
    assert str(caught.value) == (
        f"{path} cannot be read: Permission denied. Cure: ask its owner for permission to read "
        "it, or pass another file"
    )
