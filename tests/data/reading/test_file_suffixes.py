import zipfile
from pathlib import Path

import pytest

from kbert.data.reading.file_suffixes import format_of_suffix


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("a.csv", "csv"),
        ("a.b.TSV", "tsv"),
        ("a.tab", "tsv"),
        ("a.ndjson", "jsonl"),
        ("a.json.gz", "json"),
        ("a.csv.xz", "csv"),
        ("a.pq", "parquet"),
        ("a.feather", "arrow"),
        ("a.txt", "lines"),
        ("a.xlsx", "xlsx"),
        ("a.xlsm", "xlsx"),
        ("a.csv.zst", "csv"),
        ("a.xlsb", None),
        ("a", None),
        (".csv", None),
        ("a.gz", None),
        ("missing.zip", None),
    ],
)
def test_format_of_suffix(name, format):
    assert format_of_suffix(Path(name)) == format


def test_an_archive_has_the_format_of_its_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "reviews.zip", "w") as archive:
        archive.writestr("reviews.tsv", "text\tlabel\n")
    assert format_of_suffix(tmp_path / "reviews.zip") == "tsv"
