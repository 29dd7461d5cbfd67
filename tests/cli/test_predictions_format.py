"""The format of predictions: that of the flag or of the file's suffix, otherwise CSV."""

from pathlib import Path

import pytest

from kbert.cli.predictions_format import choose_format
from kbert.errors import InputError


@pytest.mark.parametrize(
    ("output", "asked", "expected"),
    [
        (None, None, "csv"),
        (None, "jsonl", "jsonl"),
        ("out.csv", None, "csv"),
        ("OUT.JSONL", None, "jsonl"),
        ("out.xlsx", None, "xlsx"),
        ("out.csv", "csv", "csv"),
    ],
)
def test_the_flag_or_the_suffix_decides(output, asked, expected, tmp_path):
    path = None if output is None else tmp_path / output
    assert choose_format(path, asked) == expected


@pytest.mark.parametrize(
    ("output", "asked", "message"),
    [
        (None, "xlsx", "workbook cannot be written to standard output"),
        ("out.parquet", None, "identifies none of the formats csv, jsonl"),
        ("out.csv", "jsonl", "out.csv"),
    ],
)
def test_unusable_outputs_are_refused(output, asked, message, tmp_path):
    path = None if output is None else tmp_path / output
    with pytest.raises(InputError, match=message):
        choose_format(path, asked)
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_overwritten(tmp_path):
    path = tmp_path / "out.csv"
    path.write_text("mine")
    with pytest.raises(InputError, match="already exists"):
        choose_format(path, None)
    assert path.read_text() == "mine"


def test_a_byte_order_mark_is_for_csv():
    assert choose_format(Path("out.csv"), None, bom=True) == "csv"
    with pytest.raises(InputError, match="bom"):
        choose_format(None, "jsonl", bom=True)
