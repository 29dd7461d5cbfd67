"""`kbert inspect`: what is in a file, and the exit status."""

import json

import pytest

from kbert.cli.show_inspection import show_inspection
from kbert.config import ModelOptions
from kbert.data.reading.reading_options import ReadingOptions
from kbert.errors import InputError


@pytest.fixture
def inspect(tmp_path, tiny_preset, capsys):
    def inspect(text, *, as_json=True, plot=None, **reading):
        path = tmp_path / "rows.csv"
        path.write_text(text, encoding="utf-8")
        status = show_inspection(
            str(path),
            None,
            ReadingOptions(**reading),
            ModelOptions(preset=str(tiny_preset), max_length=16),
            plot=plot,
            as_json=as_json,
        )
        out = capsys.readouterr().out
        return status, json.loads(out) if as_json else out

    return inspect


def rows(count=200):
    return "".join(f"A story of {n} friends,{'good' if n % 3 else 'bad'}\n" for n in range(count))


def test_a_sound_file_has_status_0(inspect):
    status, record = inspect("text,label\n" + rows())
    assert status == 0
    assert not [f for f in record["findings"] if f["severity"] == "error"]


def test_an_unusable_row_is_a_finding(inspect):
    status, out = inspect("text,label\n" + rows() + ",bad\n", as_json=False)
    assert "rows.csv" in out
    assert "the first: row 201 (line 202): the text (column 'text') is empty" in out
    assert status == 2


def test_equal_texts_name_the_flag_that_lists_them(inspect):
    _, out = inspect("text,label\n" + rows() + rows(2), as_json=False)
    assert out.endswith('occurs more than once, in a file: duplicates="FILE.csv"\n')
    _, out = inspect("text,label\n" + rows(), as_json=False)
    assert "FILE.csv" not in out


def test_without_labels_the_texts_are_inspected(inspect):
    status, out = inspect("body\n" + "".join(f"A story of {n}\n" for n in range(50)), as_json=False)
    assert status == 0
    assert "without labels: only the texts were inspected" in out


def test_the_columns_are_listed_where_none_is_the_label(inspect):
    table = "body,mood\n" + "".join(f"A story of {n},good\n" for n in range(50))
    status, out = inspect(table, as_json=False)
    assert status == 0
    assert "as the label among 'body', 'mood'; name it to see more: label=\"NAME\"" in out


def test_a_plot_without_classes_is_refused(inspect, tmp_path):
    with pytest.raises(InputError, match="draws the classes"):
        inspect("body\na story\nanother\n", plot=tmp_path / "plot.png")
    assert not (tmp_path / "plot.png").exists()
