import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kbert import InputError
from kbert.data.reading.file_beginnings import check_beginning, check_packed

TABLE = pa.table({"text": ["a"], "label": ["x"]})


def written(write):
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def arrow(stream):
    with pa.ipc.new_file(stream, TABLE.schema) as writer:
        writer.write_table(TABLE)


PARQUET = written(lambda stream: pq.write_table(TABLE, stream))
ARROW = written(arrow)


@pytest.mark.parametrize(
    ("head", "format", "kind"),
    [
        (gzip.compress(b"text,label\n", mtime=0), "csv", "compressed by gzip"),
        (PARQUET, "csv", "a Parquet file"),
        (ARROW, "parquet", "an Arrow file"),
        (written(lambda stream: np.save(stream, np.zeros(2))), "tsv", "a NumPy array"),
        (b"%PDF-1.7", "lines", "a PDF document"),
        (b"text,label\na,x\n", "parquet", "text"),
        (b"<!DOCTYPE html><html>", "csv", "a web page or XML"),
        (b'{"text": "a", "label": "x"}\n', "csv", "JSON Lines"),
        (b'[{"text": "a"}]', "csv", "JSON"),
        (b'[{"text": "a"}]', "jsonl", "a JSON array"),
        (b"text\tlabel\na\tx\n", "jsonl", "a table"),
    ],
)
def test_a_file_of_another_kind(head, format, kind):
    with pytest.raises(InputError, match=f"^reviews is {kind}, but would be read as "):
        check_beginning(head, "reviews", format)


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (PARQUET, "parquet"),
        (ARROW, "arrow"),
        (b"text,label\na,x\n", "csv"),
        (b'{"text": "a"}\n', "jsonl"),
        (b"[sic] a text\n", "lines"),
        (b"", "csv"),
    ],
)
def test_a_file_of_its_own_kind(head, format):
    check_beginning(head, "reviews", format)


def test_an_archive_is_looked_into(tmp_path):
    path = tmp_path / "reviews.csv"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(InputError, match="is an Excel workbook, but would be read as CSV"):
        check_beginning(path.read_bytes(), str(path), "csv")


def test_a_suffix_of_another_compression():
    check_packed(gzip.compress(b"a"), Path("a.csv.gz"))
    with pytest.raises(InputError, match=r"rename it to what it is: a\.csv"):
        check_packed(b"text,label\n", Path("a.csv.gz"))
