from pathlib import Path

import pytest

from kbert.data.reading.file_kinds import is_directory, no_standard_input, unknown_suffix

KNOWN = (".csv", ".tsv")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.xlsb", "is an Excel workbook, which kbert does not read. Cure: in Excel, save it"),
        ("a.ods", "is an OpenDocument spreadsheet"),
        ("a.pkl", "is a file in a program's own format"),
        ("a.abc", "the suffix '.abc' does not identify a format. Expected one of .csv, .tsv."),
        ("a", "its name has no suffix that identifies a format, such as .csv, .tsv."),
    ],
)
def test_a_suffix_that_identifies_no_format(name, said):
    assert said in str(unknown_suffix(Path(name), Path(name).suffix, KNOWN))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "a file was expected."),
        (["notes.md"], "a file was expected."),
        (["a.csv"], "Cure: pass {folder}/a.csv"),
        (["a.csv", "b.csv"], "It holds a.csv, b.csv. Cure: to read them all as one set, pass"),
        (["train.csv", "test.csv"], "each of train, dev and test has an option of its own"),
        (["train-1.csv", "train-2.csv"], "read by a pattern: '{folder}/train*.csv'"),
        (["a.csv", "b.tsv"], "a pattern such as '{folder}/*.csv'"),
    ],
)
def test_a_directory(names, said, tmp_path):
    for name in names:
        (tmp_path / name).touch()
    assert said.format(folder=tmp_path) in str(is_directory(tmp_path, KNOWN))


def test_standard_input():
    assert str(no_standard_input()).startswith("Only ")
